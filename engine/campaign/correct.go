package campaign

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"kaskad/engine"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// Correction is a mistake in a text of a running campaign that was corrected: what is launched from its instant on has
// the new text. The version stays as it was published.
type Correction struct {
	ID    ids.ID    `json:"id"`
	Node  string    `json:"node" doc:"The block."`
	Field string    `json:"field" doc:"The setting: text, button.text, button.url, or parameters.0 and so on."`
	Old   string    `json:"old"`
	New   string    `json:"new"`
	At    time.Time `json:"at" doc:"What is launched from this instant on has the new text."`
	By    string    `json:"by" doc:"Who corrected it."`
}

// maxText bounds a corrected text, in bytes.
const maxText = 64 << 10

// correctable are the settings that may be corrected; parameters have their number after a dot.
func correctable(field string) bool {
	if n, ok := strings.CutPrefix(field, "parameters."); ok {
		i, err := strconv.Atoi(n)
		return err == nil && i >= 0 && i < 100 && strconv.Itoa(i) == n
	}
	return slices.Contains([]string{"text", "button.text", "button.url"}, field)
}

// CheckCorrection tells whether texts may be corrected now.
func (c *Campaign) CheckCorrection() error {
	switch {
	case c.Launching:
		return fault.New(fault.Conflict, "campaign_launching", "")
	case c.State == Scheduled || c.State == Running || c.State == Paused || c.State == Finishing:
		return nil
	}
	return fault.New(fault.Conflict, "campaign_is_"+string(c.State), "", "action", "correct")
}

// Corrected applies one correction to a document: the setting must be there, have the old text, and keep its length
// class. It looks at the settings alone; that the result compiles is for the caller to see.
func Corrected(document []byte, x Correction) ([]byte, error) {
	if !correctable(x.Field) {
		return nil, fault.New(fault.Invalid, "correction_field", "body.field")
	}
	if len(x.New) > maxText || strings.TrimSpace(x.New) == "" {
		return nil, fault.New(fault.Invalid, "correction_new", "body.new")
	}
	if x.New == x.Old {
		return nil, fault.New(fault.Invalid, "correction_same", "body.new")
	}
	doc, kind, config, err := settingsOf(document, x.Node)
	if err != nil {
		return nil, err
	}
	slot := slotOf(config, x.Field)
	if slot == nil {
		return nil, fault.New(fault.Invalid, "correction_absent", "body.field", "field", x.Field, "node", x.Node)
	}
	if slot.get() != x.Old {
		return nil, fault.New(fault.Stale, "correction_old", "body.old")
	}
	if kind == "sms" && Parts(x.Old) != Parts(x.New) {
		return nil, fault.New(fault.Invalid, "correction_length", "body.new", "old", Parts(x.Old), "new", Parts(x.New))
	}
	slot.set(x.New)
	return json.Marshal(doc)
}

// CorrectAll applies corrections in their order, as the runtime does when it takes a campaign up. One that does not fit
// any more is an error: they were checked when they were made.
func CorrectAll(document []byte, list []Correction) ([]byte, error) {
	for _, x := range list {
		var err error
		if document, err = Corrected(document, x); err != nil {
			return nil, err
		}
	}
	return document, nil
}

// settingsOf finds a block's settings within a document.
func settingsOf(document []byte, node string) (doc map[string]any, kind string, config map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, "", nil, err
	}
	nodes, _ := doc["nodes"].([]any)
	for _, n := range nodes {
		n, _ := n.(map[string]any)
		if n["id"] == node {
			kind, _ = n["type"].(string)
			config, _ = n["config"].(map[string]any)
			return doc, kind, config, nil
		}
	}
	return nil, "", nil, fault.New(fault.Invalid, "correction_node", "body.node", "node", node)
}

// slot is a text within settings.
type slot struct {
	get func() string
	set func(string)
}

// slotOf finds a text; nil where there is none.
func slotOf(config map[string]any, field string) *slot {
	name, rest, nested := strings.Cut(field, ".")
	if !nested {
		return inObject(config, name)
	}
	switch part := config[name].(type) {
	case map[string]any:
		return inObject(part, rest)
	case []any:
		i, err := strconv.Atoi(rest)
		if err != nil || i >= len(part) {
			return nil
		}
		text, ok := part[i].(string)
		if !ok {
			return nil
		}
		return &slot{get: func() string { return text }, set: func(s string) { part[i] = s }}
	}
	return nil
}

func inObject(o map[string]any, name string) *slot {
	text, ok := o[name].(string)
	if !ok {
		return nil
	}
	return &slot{get: func() string { return text }, set: func(s string) { o[name] = s }}
}

// gsm are the characters of the default alphabet of 3GPP TS 23.038 that take one septet, and those that take two.
const (
	gsm         = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "^{}\\[~]|€\f"
)

// Parts is in how many SMS a template goes out as far as its fixed text tells: 160 or 153 septets each where all of it is
// in the default alphabet of 3GPP TS 23.038, else 70 or 67 UTF-16 units. What stands in braces counts nothing.
func Parts(template string) int {
	text := fixed(template)
	septets, plain := 0, true
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsm, r):
			septets++
		case strings.ContainsRune(gsmExtended, r):
			septets += 2
		default:
			plain = false
		}
	}
	size, one, each := septets, 160, 153
	if !plain {
		size, one, each = len(utf16.Encode([]rune(text))), 70, 67
	}
	if size <= one {
		return 1
	}
	return (size + each - 1) / each
}

// fixed is a template without its expressions.
func fixed(template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if _, template, found = strings.Cut(rest, "}}"); !found {
			return b.String()
		}
	}
}

// SameForm tells whether a corrected block still does what it did: it can be clicked or not as before, because links hold
// facts back by that.
func SameForm(before, after *engine.Program, node string) error {
	i, ok := before.NodeIndex(node)
	j, still := after.NodeIndex(node)
	if ok && still {
		old, was := before.Nodes[i].Block.(*engine.Message)
		new, is := after.Nodes[j].Block.(*engine.Message)
		if was && is && old.Clickable == new.Clickable {
			return nil
		}
	}
	return fault.New(fault.Invalid, "correction_link", "body.new")
}
