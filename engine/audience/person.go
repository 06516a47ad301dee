package audience

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// The bounds of a contact, in characters unless said otherwise.
const (
	MaxName       = 200
	MaxAttribute  = 2_000 // one value
	MaxAttributes = 200   // of one contact
	MaxAddresses  = 20    // of one contact
	MaxSource     = 200
)

// ZoneSource says how the zone of a contact was found.
type ZoneSource string

// The sources, from the surest. The last two give the account's zone.
const (
	ZoneOwn     ZoneSource = "own"     // written with the contact
	ZonePhone   ZoneSource = "phone"   // the phone's country or area has one zone
	ZonePlan    ZoneSource = "plan"    // the numbering plan has the phone
	ZoneAccount ZoneSource = "account" // there is no phone to tell
	ZoneUnknown ZoneSource = "unknown" // there is one, and it does not tell: a Russian mobile without a numbering plan
)

// Contact is a person.
type Contact struct {
	ID         ids.ID            `json:"id"`
	Name       string            `json:"name"`
	Phone      string            `json:"phone" doc:"In E.164, such as +79161234567; empty where there is none."`
	Email      string            `json:"email"`
	Zone       string            `json:"zone" doc:"The contact's own time zone, an IANA name; empty where none was given."`
	LocalZone  string            `json:"local_zone" doc:"The time zone that messages go by."`
	ZoneSource ZoneSource        `json:"zone_source" enum:"own,phone,plan,account,unknown" doc:"How local_zone was found: the contact's own, by the phone's country or area, by the numbering plan; or it is the account's, because there is no phone (account) or the phone does not tell (unknown)."`
	Tags       []string          `json:"tags" nullable:"false"`
	Attributes map[string]any    `json:"attributes" doc:"By key: texts, numbers, true or false; dates as 2006-01-02."`
	Addresses  map[string]string `json:"addresses" doc:"By channel, where it is not the phone: vk, ok, whatsapp, viber."`
	Groups     []ids.ID          `json:"groups" nullable:"false" doc:"The groups that the contact is in."`
	Consents   []string          `json:"consents" nullable:"false" doc:"The channels for which a consent is valid."`
	Source     string            `json:"source" doc:"Where the contact came from."`
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
}

// NewContact is a contact to be made.
type NewContact struct {
	Name       string            `json:"name,omitempty" maxLength:"200"`
	Phone      string            `json:"phone,omitempty" maxLength:"64" doc:"As people write it; a number without a calling code belongs to the account's country. A phone belongs to one contact of the account."`
	Email      string            `json:"email,omitempty" maxLength:"254"`
	Zone       string            `json:"zone,omitempty" maxLength:"64" doc:"An IANA name such as Asia/Omsk, or МСК+3."`
	Tags       []string          `json:"tags,omitempty" maxItems:"100" doc:"At most 100, of 1 to 64 characters each."`
	Attributes map[string]any    `json:"attributes,omitempty" doc:"By key, of the type that the attribute has. A key that there is not yet becomes an attribute, of the type of this value."`
	Addresses  map[string]string `json:"addresses,omitempty" doc:"By channel: an id or page for vk and ok, a phone for whatsapp and viber."`
	Groups     []ids.ID          `json:"groups,omitempty" maxItems:"100" doc:"The groups to be in."`
	Source     string            `json:"source,omitempty" maxLength:"200" doc:"Where the contact comes from; api where nothing is said."`
}

// Change is what changes in a contact; nil parts stay. An empty text clears.
type Change struct {
	Name, Phone, Email, Zone *string
	Tags                     *[]string
	AddTags, RemoveTags      []string
	Attributes               map[string]any     // nil removes
	Addresses                map[string]*string // nil removes
}

// Apply gives the contact with the change. What is wrong is told in the fault, each field of it.
func (c Contact) Apply(ch Change, country string, known map[string]Attribute) (Contact, error) {
	check := checker{country: country, known: known}
	for _, f := range []struct {
		change *string
		to     *string
		parse  func(string) string
	}{{ch.Name, &c.Name, check.name}, {ch.Phone, &c.Phone, check.phone}, {ch.Email, &c.Email, check.email},
		{ch.Zone, &c.Zone, check.zone}} {
		if f.change != nil {
			*f.to = f.parse(*f.change)
		}
	}
	tags := c.Tags
	if ch.Tags != nil {
		tags = *ch.Tags
	}
	remove := check.tags("remove_tags", ch.RemoveTags)
	tags = slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return slices.Contains(remove, t) })
	c.Tags = check.tags("tags", append(tags, ch.AddTags...))
	c.Attributes = check.attributes(c.Attributes, ch.Attributes)
	c.Addresses = check.addresses(c.Addresses, ch.Addresses)
	return c, check.err()
}

// Make gives the contact of a draft, without what only the keeper knows.
func (d NewContact) Make(country string, known map[string]Attribute) (Contact, error) {
	addresses := make(map[string]*string, len(d.Addresses))
	for channel, address := range d.Addresses {
		addresses[channel] = &address
	}
	c, err := Contact{}.Apply(Change{Name: &d.Name, Phone: &d.Phone, Email: &d.Email, Zone: &d.Zone, Tags: &d.Tags,
		Attributes: d.Attributes, Addresses: addresses}, country, known)
	if err != nil {
		return c, err
	}
	if c.Name == "" && c.Phone == "" && c.Email == "" && len(c.Addresses) == 0 {
		return c, fault.New(fault.Invalid, "contact_empty", "body")
	}
	if utf8.RuneCountInString(d.Source) > MaxSource {
		return c, fault.New(fault.Invalid, "contact_text_long", "body.source", "max", MaxSource)
	}
	c.Source = clean(d.Source)
	return c, nil
}

// checker reads values and collects what is wrong with them.
type checker struct {
	country string
	known   map[string]Attribute
	first   *fault.Error
}

func (k *checker) wrong(code, field string, args ...any) {
	f := fault.New(fault.Invalid, code, "body."+field, args...)
	if k.first == nil {
		k.first = f
		return
	}
	k.first.More = append(k.first.More, f)
}

func (k *checker) err() error {
	if k.first == nil {
		return nil
	}
	return k.first
}

func (k *checker) name(s string) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if utf8.RuneCountInString(s) > MaxName {
		k.wrong("contact_text_long", "name", "max", MaxName)
	}
	return s
}

func (k *checker) phone(s string) string {
	if s = clean(s); s == "" {
		return ""
	}
	phone, why := NormalisePhone(s, k.country)
	if why != "" {
		k.wrong("phone_"+string(why), "phone", "value", shorten(s))
	}
	return phone
}

func (k *checker) email(s string) string {
	if s = clean(s); s == "" {
		return ""
	}
	email, ok := parseEmail(s)
	if !ok {
		k.wrong("contact_bad_email", "email", "value", shorten(s))
	}
	return email
}

func (k *checker) zone(s string) string {
	if s = clean(s); s == "" {
		return ""
	}
	zone, ok := ParseZone(s)
	if !ok {
		k.wrong("bad_contact_zone", "zone", "value", shorten(s))
	}
	return zone
}

func (k *checker) tags(field string, list []string) []string {
	tags := make([]string, 0, len(list))
	for i, tag := range list {
		tag = strings.Join(strings.Fields(clean(tag)), " ")
		switch {
		case tag == "" || utf8.RuneCountInString(tag) > MaxTag:
			k.wrong("bad_tag", fmt.Sprintf("%s[%d]", field, i), "max", MaxTag)
		case !slices.Contains(tags, tag):
			tags = append(tags, tag)
		}
	}
	if len(tags) > MaxTags {
		k.wrong("contact_many_tags", field, "max", MaxTags)
	}
	return tags
}

func (k *checker) attributes(have, change map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, have)
	for _, key := range slices.Sorted(maps.Keys(change)) {
		value := change[key]
		if value == nil {
			delete(out, key)
			continue
		}
		def, known := k.known[key]
		if !known {
			var ok bool
			if def, ok = Guess(key, value); !ok {
				k.wrong("bad_attribute_key", "attributes."+shorten(key))
				continue
			}
		}
		fit, ok := def.Fit(value)
		if !ok {
			k.wrong("attribute_"+string(def.Type), "attributes."+key, "key", key, "max", MaxAttribute,
				"choices", strings.Join(def.Choices, ", "))
			continue
		}
		out[key] = fit
	}
	if len(out) > MaxAttributes {
		k.wrong("too_many_attributes", "attributes", "max", MaxAttributes)
	}
	return out
}

// channelForm is what the name of a channel looks like.
var channelForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

func (k *checker) addresses(have map[string]string, change map[string]*string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, have)
	for _, channel := range slices.Sorted(maps.Keys(change)) {
		field := "addresses." + shorten(channel)
		if !channelForm.MatchString(channel) {
			k.wrong("bad_channel", field)
			continue
		}
		if change[channel] == nil || *change[channel] == "" {
			delete(out, channel)
			continue
		}
		address, ok := parseAddress(channel, clean(*change[channel]), k.country)
		if !ok {
			k.wrong("bad_address", field, "value", shorten(*change[channel]))
			continue
		}
		out[channel] = address
	}
	if len(out) > MaxAddresses {
		k.wrong("too_many_addresses", "addresses", "max", MaxAddresses)
	}
	return out
}

// AttributeType is what an attribute holds.
type AttributeType string

// The types.
const (
	TypeText    AttributeType = "text"
	TypeNumber  AttributeType = "number"
	TypeDate    AttributeType = "date" // 2006-01-02
	TypeBoolean AttributeType = "boolean"
	TypeChoice  AttributeType = "choice" // one text of a list
)

// Attribute says what an attribute of contacts is.
type Attribute struct {
	Key       string        `json:"key" doc:"The name in filters and templates: small Latin letters, digits and _."`
	Title     string        `json:"title"`
	Type      AttributeType `json:"type" enum:"text,number,date,boolean,choice"`
	Choices   []string      `json:"choices" nullable:"false" doc:"What a choice may be."`
	CreatedAt time.Time     `json:"created_at"`
}

// The bounds of attributes.
const (
	MaxDefinitions = 500 // of one account
	MaxTitle       = 100
	MaxChoices     = 200
)

// Check normalises a definition, and says what is wrong with it.
func (a *Attribute) Check() error {
	k := checker{}
	if !validKey(a.Key) {
		k.wrong("bad_attribute_key", "key")
	}
	if a.Title = strings.Join(strings.Fields(clean(a.Title)), " "); a.Title == "" {
		a.Title = a.Key
	}
	if utf8.RuneCountInString(a.Title) > MaxTitle {
		k.wrong("contact_text_long", "title", "max", MaxTitle)
	}
	choices := make([]string, 0, len(a.Choices))
	for i, c := range a.Choices {
		if c = clean(c); c == "" || utf8.RuneCountInString(c) > MaxName || slices.Contains(choices, c) {
			k.wrong("bad_choice", fmt.Sprintf("choices[%d]", i), "max", MaxName)
		}
		choices = append(choices, c)
	}
	a.Choices = choices
	if len(choices) > MaxChoices || (a.Type == TypeChoice) != (len(choices) > 0) {
		k.wrong("bad_choices", "choices", "max", MaxChoices)
	}
	return k.err()
}

// Fit gives a value as the attribute holds it, or false where it does not fit.
func (a Attribute) Fit(value any) (any, bool) {
	text, isText := value.(string)
	switch a.Type {
	case TypeNumber:
		number, ok := value.(float64)
		return number, ok
	case TypeBoolean:
		flag, ok := value.(bool)
		return flag, ok
	case TypeDate:
		if !isText {
			return nil, false
		}
		date, ok := parseDate(text)
		return date, ok
	case TypeChoice:
		return text, isText && slices.Contains(a.Choices, text)
	}
	text = clean(text)
	return text, isText && utf8.RuneCountInString(text) <= MaxAttribute
}

// Guess makes a definition for a key that has none, by its first value.
func Guess(key string, value any) (Attribute, bool) {
	a := Attribute{Key: key, Title: key, Choices: []string{}}
	switch value.(type) {
	case string:
		a.Type = TypeText
	case float64, json.Number:
		a.Type = TypeNumber
	case bool:
		a.Type = TypeBoolean
	default:
		return a, false
	}
	return a, validKey(key)
}
