package expression

import (
	"unicode/utf8"

	"github.com/expr-lang/expr/types"

	"kaskad/engine/scheme"
)

// code is a name that an expression can read, resolved when it is compiled.
type code int

const (
	codeContact code = iota
	codeName
	codePhone
	codeEmail
	codeZone
	codeTags
	codeAttributes
	codeCampaign
	codeCampaignID
	codeCampaignName
	codeCampaignTags
	codeData
	codeDialog
	codeChannel
	codePage
	codeSource
	codeLanguage
	codeReturning
	codeDialogTags
	codePriority
	codeWaiting
	codeMessage
	codeMessageText
	codeReply
)

type field struct {
	code code
	typ  types.Type
}

// root is a top-level name. A nil fields map means a name without fields of its own.
type root struct {
	code   code
	typ    types.Type
	fields map[string]field
}

func freeKeys() types.Type { return types.Map{types.Extra: types.Any} }

func texts() types.Type { return types.Array(types.String) }

func structRoot(c code, fields map[string]field) root {
	m := make(types.Map, len(fields))
	for name, f := range fields {
		m[name] = f.typ
	}
	return root{code: c, typ: m, fields: fields}
}

// rootsOf gives the names of a scope.
func rootsOf(scope scheme.Scope) map[string]root {
	contact := structRoot(codeContact, map[string]field{
		"name": {codeName, types.String}, "phone": {codePhone, types.String}, "email": {codeEmail, types.String},
		"zone": {codeZone, types.String}, "tags": {codeTags, texts()}, "attributes": {codeAttributes, freeKeys()},
	})
	data := root{code: codeData, typ: freeKeys()}
	campaign := structRoot(codeCampaign, map[string]field{
		"id": {codeCampaignID, types.String}, "name": {codeCampaignName, types.String},
		"tags": {codeCampaignTags, texts()},
	})
	switch scope {
	case scheme.ScopeReply:
		return map[string]root{"contact": contact, "reply": {code: codeReply, typ: types.String}}
	case scheme.ScopeDialog:
		return map[string]root{"contact": contact, "campaign": campaign, "data": data,
			"dialog": structRoot(codeDialog, map[string]field{
				"channel": {codeChannel, types.String}, "page": {codePage, types.String},
				"source": {codeSource, types.String}, "language": {codeLanguage, types.String},
				"returning": {codeReturning, types.Bool}, "tags": {codeDialogTags, texts()},
				"priority": {codePriority, types.Int}, "waiting": {codeWaiting, types.Int},
			}),
			"message": structRoot(codeMessage, map[string]field{"text": {codeMessageText, types.String}}),
		}
	default:
		return map[string]root{"contact": contact, "campaign": campaign, "data": data}
	}
}

// text makes an empty text nil and cuts one over MaxText at a character.
func text(s string) any {
	if s == "" {
		return nil
	}
	if len(s) > MaxText {
		cut := MaxText
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	return s
}

// read gives the value of a name. Parts that are lacking are nil.
func (c code) read(v *scheme.Vars) any {
	switch {
	case c <= codeAttributes:
		return c.readContact(v.Contact)
	case c <= codeCampaignTags:
		return c.readCampaign(v.Campaign)
	case c >= codeDialog && c <= codeWaiting:
		return c.readDialog(v.Dialog)
	}
	switch c {
	case codeData:
		if v.Data == nil {
			return nil
		}
		return v.Data
	case codeMessage:
		return compact("text", text(v.Message))
	case codeMessageText:
		return text(v.Message)
	default: // codeReply: somebody did reply, so one without text is an empty text and not lacking
		if s := text(v.Reply); s != nil {
			return s
		}
		return ""
	}
}

func (c code) readContact(p *scheme.Contact) any {
	if p == nil {
		return nil
	}
	switch c {
	case codeName:
		return text(p.Name)
	case codePhone:
		return text(p.Phone)
	case codeEmail:
		return text(p.Email)
	case codeZone:
		return text(p.Zone)
	case codeTags:
		return p.Tags
	case codeAttributes:
		if p.Attributes == nil {
			return nil
		}
		return p.Attributes
	}
	return compact("name", text(p.Name), "phone", text(p.Phone), "email", text(p.Email), "zone", text(p.Zone),
		"tags", list(p.Tags), "attributes", codeAttributes.readContact(p))
}

func (c code) readCampaign(p *scheme.Campaign) any {
	if p == nil {
		return nil
	}
	switch c {
	case codeCampaignID:
		return text(p.ID)
	case codeCampaignName:
		return text(p.Name)
	case codeCampaignTags:
		return p.Tags
	}
	return compact("id", text(p.ID), "name", text(p.Name), "tags", list(p.Tags))
}

func (c code) readDialog(p *scheme.Dialog) any {
	if p == nil {
		return nil
	}
	switch c {
	case codeChannel:
		return text(p.Channel)
	case codePage:
		return text(p.Page)
	case codeSource:
		return text(p.Source)
	case codeLanguage:
		return text(p.Language)
	case codeReturning:
		return p.Returning
	case codeDialogTags:
		return p.Tags
	case codePriority:
		return p.Priority
	case codeWaiting:
		return p.Waiting
	}
	return compact("channel", text(p.Channel), "page", text(p.Page), "source", text(p.Source),
		"language", text(p.Language), "returning", p.Returning, "tags", list(p.Tags),
		"priority", p.Priority, "waiting", p.Waiting)
}

func list(s []string) any {
	if len(s) == 0 {
		return nil
	}
	return s
}

// compact builds a map from pairs of a name and a value, without the nil ones.
func compact(pairs ...any) any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			m[pairs[i].(string)] = pairs[i+1]
		}
	}
	return m
}
