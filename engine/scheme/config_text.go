package scheme

import (
	"net/url"
	"strings"

	"kaskad/engine/words"
)

// Template reads a template; nil where there is none or it does not compile, which is bad_template.
func (c *Config) Template(name string) Template {
	v, ok := c.get(name, textValue)
	if !ok {
		return nil
	}
	return c.template(pointer(c.at, name), v.text)
}

func (c *Config) template(at, source string) Template {
	t, err := c.c.lang.Template(source, c.scope())
	if err != nil {
		c.put(Error, BadTemplate, at, source, words.Of(err))
		return nil
	}
	return t
}

// Templates reads a list of templates. ok is false where one of them is mistaken.
func (c *Config) Templates(name string) (out []Template, ok bool) {
	list, ok := c.get(name, listValue)
	if !ok {
		return nil, !c.Given(name)
	}
	for i := range list.items {
		v := &list.items[i]
		if v.kind != textValue {
			c.badItem(name, i, v, "setting.texts")
			ok = false
			continue
		}
		t := c.template(pointerIndex(pointer(c.at, name), i), v.text)
		ok = ok && t != nil
		out = append(out, t)
	}
	return out, ok
}

// Address reads a template that gives a web address; a constant one that is not http or https is reported with the
// code.
func (c *Config) Address(name string, code Code) Template {
	t := c.Template(name)
	if t == nil {
		return nil
	}
	if s, constant := t.Constant(); constant {
		if err := CheckAddress(s); err != nil {
			c.ReportError(code, name, s, err)
			return nil
		}
	}
	return t
}

// CheckAddress tells whether a text is a full http or https address.
func CheckAddress(s string) error {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") || u.Hostname() == "" {
		return words.Fail("address.wrong")
	}
	return nil
}

// Condition reads an expression that is true or false; nil where there is none or it does not compile, which is
// bad_expression.
func (c *Config) Condition(name string) Condition {
	v, ok := c.get(name, textValue)
	if !ok {
		return nil
	}
	cond, err := c.c.lang.Condition(v.text, c.scope())
	if err != nil {
		c.ReportError(BadExpression, name, v.text, err)
		return nil
	}
	return cond
}

// Value reads an expression of any type; nil where there is none or it does not compile, which is bad_expression.
func (c *Config) Value(name string) Value {
	v, ok := c.get(name, textValue)
	if !ok {
		return nil
	}
	compiled, err := c.c.lang.Value(v.text, c.scope())
	if err != nil {
		c.ReportError(BadExpression, name, v.text, err)
		return nil
	}
	return compiled
}
