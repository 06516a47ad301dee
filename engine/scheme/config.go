package scheme

import (
	"strconv"
	"strings"

	"kaskad/engine/words"
)

// Config is the settings of a node, or an object inside them, while they are decoded. Every reader notes its field as
// known and reports a mistake in it; what no reader asked for is reported as unknown in the end. Readers give a zero
// value for an absent field and for a mistaken one; use Need where a field has to be there and Given to tell the two
// apart.
type Config struct {
	c     *checker
	node  string
	at    string // JSON pointer
	v     *value
	known []string
	inner []*Config
}

// Routing reports whether the settings are of a block in a routing scheme.
func (c *Config) Routing() bool { return c.c.doc.Kind == Routing }

func (c *Config) scope() Scope {
	if c.Routing() {
		return ScopeDialog
	}
	return ScopeCampaign
}

// Report adds an error at a field. A block brings its words with it, in every language, with pairs of a name and a
// value for their blanks (see the package words).
func (c *Config) Report(code Code, field, value string, text Text, pairs ...any) {
	c.put(Error, code, pointer(c.at, field), value, text.With(pairs...))
}

// ReportError adds an error at a field that says what err says.
func (c *Config) ReportError(code Code, field, value string, err error) {
	c.put(Error, code, pointer(c.at, field), value, words.Of(err))
}

// ReportWhole adds an error at the object itself; the words are as in Report.
func (c *Config) ReportWhole(code Code, text Text, pairs ...any) {
	c.put(Error, code, c.at, "", text.With(pairs...))
}

// Warn adds a warning at a field; the words are as in Report.
func (c *Config) Warn(code Code, field, value string, text Text, pairs ...any) {
	c.put(Warning, code, pointer(c.at, field), value, text.With(pairs...))
}

func (c *Config) put(s Severity, code Code, at, value string, text words.Message) {
	c.c.tell(Finding{Severity: s, Code: code, Node: c.node, Field: at, Value: clip(value)}, text)
}

// bad adds an error at a field with a key of the catalogue, which gets the field's name as {name}.
func (c *Config) bad(code Code, name, value, key string, pairs ...any) {
	c.put(Error, code, pointer(c.at, name), value, words.Say(key, append(pairs, "name", name)...))
}

func (c *Config) badItem(name string, i int, v *value, key string, pairs ...any) {
	c.put(Error, BadConfig, pointerIndex(pointer(c.at, name), i), shown(v), words.Say(key, append(pairs, "name", name)...))
}

// Given reports whether the field is there, in whatever shape.
func (c *Config) Given(name string) bool {
	c.known = append(c.known, name)
	_, given := c.v.get(name)
	return given
}

// Need reports whether the field is there and not blank, with a finding where it is not.
func (c *Config) Need(name string) bool {
	v, given := c.v.get(name)
	c.known = append(c.known, name)
	switch {
	case !given:
		c.bad(BadConfig, name, "", "setting.required")
	case v.kind == textValue && strings.TrimSpace(v.text) == "":
		c.bad(BadConfig, name, v.text, "setting.blank")
	default:
		return true
	}
	return false
}

// get finds a field of the wanted kind; a value of another is reported as bad_config.
func (c *Config) get(name string, kind valueKind) (*value, bool) {
	return c.getAs(name, kind, BadConfig)
}

func (c *Config) getAs(name string, kind valueKind, code Code) (*value, bool) {
	c.known = append(c.known, name)
	v, given := c.v.get(name)
	if !given {
		return nil, false
	}
	if v.kind != kind {
		c.bad(code, name, shown(v), "setting.wrong_kind", "kind", kind.said(), "other", v.kind.said())
		return nil, false
	}
	return v, true
}

// String reads a text.
func (c *Config) String(name string) (s string, ok bool) {
	v, ok := c.get(name, textValue)
	if !ok {
		return "", false
	}
	return v.text, true
}

// Required reads a text that must be there and not blank.
func (c *Config) Required(name string) (s string, ok bool) {
	if !c.Need(name) {
		return "", false
	}
	return c.String(name)
}

// Bool reads true or false; absent is false.
func (c *Config) Bool(name string) bool {
	v, ok := c.get(name, boolValue)
	return ok && v.text == "true"
}

// Choice reads one of some words; def is what an absent field means. ok is false where it was something else.
func (c *Config) Choice(name, def string, allowed ...string) (choice string, ok bool) {
	if !c.Given(name) {
		return def, true
	}
	s, ok := c.String(name)
	if !ok {
		return def, false
	}
	for _, a := range allowed {
		if a == s {
			return s, true
		}
	}
	c.bad(BadConfig, name, s, "setting.choice", "allowed", allowed)
	return def, false
}

// Int reads a whole number from low to high, both included.
func (c *Config) Int(name string, low, high int) (n int, ok bool) {
	v, ok := c.get(name, numberValue)
	if !ok {
		return 0, false
	}
	if n, ok = whole(v); !ok || n < low || n > high {
		c.bad(BadConfig, name, shown(v), "setting.whole", "low", low, "high", high)
		return 0, false
	}
	return n, true
}

// Float reads a number from low to high, both included.
func (c *Config) Float(name string, low, high float64) (n float64, ok bool) {
	v, ok := c.get(name, numberValue)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(v.text, 64)
	if err != nil || n < low || n > high {
		c.bad(BadConfig, name, shown(v), "setting.number", "low", low, "high", high)
		return 0, false
	}
	return n, true
}

// Weight reads a weight: a whole number from 1 to 1,000,000. Anything else, and nothing, is bad_weights.
func (c *Config) Weight(name string) (n int64, ok bool) {
	c.known = append(c.known, name)
	v, given := c.v.get(name)
	if given {
		if w, ok := whole(v); ok && w >= 1 && w <= 1_000_000 {
			return int64(w), true
		}
	} else {
		v = &value{kind: textValue}
	}
	c.bad(BadWeights, name, shown(v), "setting.weight")
	return 0, false
}

// Strings reads a list of texts that are not blank; one that comes twice counts once.
func (c *Config) Strings(name string) []string {
	list, ok := c.get(name, listValue)
	if !ok {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for i := range list.items {
		v := &list.items[i]
		if v.kind != textValue || strings.TrimSpace(v.text) == "" {
			c.badItem(name, i, v, "setting.texts_not_blank")
			continue
		}
		if !seen[v.text] {
			seen[v.text] = true
			out = append(out, v.text)
		}
	}
	return out
}

// Object reads an object; nil where there is none.
func (c *Config) Object(name string) *Config {
	v, ok := c.get(name, objectValue)
	if !ok {
		return nil
	}
	return c.into(v, pointer(c.at, name))
}

func (c *Config) into(v *value, at string) *Config {
	in := &Config{c: c.c, node: c.node, at: at, v: v}
	c.inner = append(c.inner, in)
	return in
}

// Objects reads a list of objects, at most `most`. ok is false where an item or the whole is something else, so that
// some of what was meant is not known.
func (c *Config) Objects(name string, most int) (list []*Config, ok bool) {
	v, ok := c.get(name, listValue)
	if !ok {
		return nil, !c.Given(name)
	}
	if len(v.items) > most {
		c.bad(BadConfig, name, strconv.Itoa(len(v.items)), "setting.too_many", "most", most)
		return nil, false
	}
	for i := range v.items {
		if item := &v.items[i]; item.kind != objectValue {
			c.badItem(name, i, item, "setting.object_wanted", "other", item.kind.said())
			ok = false
		} else {
			list = append(list, c.into(item, pointerIndex(pointer(c.at, name), i)))
		}
	}
	return list, ok
}

// Keys lists the keys of the object as they were written, for one whose keys are free.
func (c *Config) Keys() []string {
	c.known = append(c.known, c.v.keys...)
	return c.v.keys
}

// finish reports the fields that nobody asked for.
func (c *Config) finish() {
next:
	for _, key := range c.v.keys {
		for _, k := range c.known {
			if k == key {
				continue next
			}
		}
		c.put(Error, BadConfig, pointer(c.at, key), key, words.Say("setting.unknown", "name", clip(key)))
	}
	for _, in := range c.inner {
		in.finish()
	}
}

// Empty reports whether the field is an empty list or false: there, and of no effect.
func (c *Config) Empty(name string) bool {
	v, given := c.v.get(name)
	return given && (v.kind == listValue && len(v.items) == 0 || v.kind == boolValue && v.text == "false")
}
