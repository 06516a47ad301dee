package scheme

import "fmt"

// checkNodes looks up the types and decodes the settings.
func (c *checker) checkNodes() {
	for i := range c.nodes {
		n, check := &c.doc.Nodes[i], &c.nodes[i]
		if check.typeLost {
			continue
		}
		typ, known := c.types[n.Type]
		if !known {
			check.typeLost = true
			c.report(Finding{Severity: Error, Code: UnknownBlock, Node: n.ID, Field: check.at + "/type", Value: clip(n.Type),
				Message: fmt.Sprintf("there is no block of type %q: choose one from the palette", clip(n.Type))})
			continue
		}
		if c.doc.Kind == Cascade && !typ.Cascade || c.doc.Kind == Routing && !typ.Routing {
			check.typeLost = true
			c.report(Finding{Severity: Error, Code: WrongKind, Node: n.ID, Field: check.at + "/type", Value: n.Type,
				Message: fmt.Sprintf("a %q block has no place in a %s scheme: remove it", n.Type, c.doc.Kind)})
			continue
		}
		check.typ = &typ
		if check.config == nil {
			continue
		}
		config := &Config{c: c, node: n.ID, at: check.at + "/config", v: check.config}
		check.settings = typ.Decode(config)
		config.finish()
	}
}

// checkLinks finds where links lead and whether their blocks offer them.
func (c *checker) checkLinks() {
	type outcome struct {
		from  int
		kind  LinkType
		value string
	}
	taken := make(map[outcome]bool, len(c.links))
	offers := make([]map[LinkType]map[string]bool, len(c.nodes))
	for i := range c.links {
		l, check := &c.doc.Links[i], &c.links[i]
		if check.lost || !c.findEnds(l, check) || check.unknown {
			continue
		}
		key := outcome{check.from, l.Type, l.Value}
		if taken[key] {
			c.report(Finding{Severity: Error, Code: DuplicateLink, Node: l.From, Link: l.ID, Field: check.at, Value: clip(l.Value),
				Message: "an earlier link of this block takes the same outcome: remove one of the two"})
			continue
		}
		taken[key] = true
		settings := c.nodes[check.from].settings
		if settings == nil {
			continue
		}
		if offers[check.from] == nil {
			offers[check.from] = offered(settings)
		}
		c.checkOffered(l, check, offers[check.from])
		if l.Type == LinkReply && l.Value != "" && !check.refused {
			c.compileReply(l, check)
		}
	}
}

// findEnds looks up the ends of a link; where a node lost its id, the missing end may be that one.
func (c *checker) findEnds(l *Link, check *linkCheck) bool {
	from, known := c.index[l.From]
	to, leads := c.index[l.To]
	check.from, check.to, check.lost = from, to, !known || !leads
	if !check.lost {
		return true
	}
	if c.lostNodes {
		c.lostLinks = true
		return false
	}
	field, id := "from", l.From
	if known {
		field, id = "to", l.To
	}
	c.report(Finding{Severity: Error, Code: DanglingLink, Link: l.ID, Field: pointer(check.at, field), Value: clip(id),
		Message: fmt.Sprintf("there is no block %q: join the link to another block or remove it", clip(id))})
	return false
}

// anyValue stands for every value of a type of link; no value can be so written by chance and matter, as it is only
// looked up under a type that has it.
const anyValue = "\x00any"

func offered(s Settings) map[LinkType]map[string]bool {
	out := map[LinkType]map[string]bool{}
	for _, o := range s.Outcomes() {
		if out[o.Type] == nil {
			out[o.Type] = map[string]bool{}
		}
		if o.Any {
			out[o.Type][anyValue] = true
		} else {
			out[o.Type][o.Value] = true
		}
	}
	return out
}

func (c *checker) checkOffered(l *Link, check *linkCheck, offers map[LinkType]map[string]bool) {
	values := offers[l.Type]
	if values[anyValue] || values[l.Value] {
		return
	}
	check.refused = true
	f := Finding{Severity: Error, Code: LinkNotAvailable, Node: l.From, Link: l.ID, Field: check.at + "/value",
		Value: clip(l.Value), Message: fmt.Sprintf("this block has no outcome %q of type %q: choose one that it offers",
			clip(l.Value), clip(string(l.Type)))}
	if len(values) == 0 {
		f.Field, f.Value = check.at+"/type", clip(string(l.Type))
		f.Message = fmt.Sprintf("this block has no links of type %q: choose an outcome that it offers", clip(string(l.Type)))
	}
	c.report(f)
}

// compileReply compiles the condition of a reply link.
func (c *checker) compileReply(l *Link, check *linkCheck) {
	cond, err := c.lang.Condition(l.Value, ScopeReply)
	if err != nil {
		c.report(Finding{Severity: Error, Code: BadExpression, Node: l.From, Link: l.ID, Field: check.at + "/value",
			Value: clip(l.Value), Message: err.Error()})
		return
	}
	c.replies[l.ID] = cond
	u, ok := cond.(interface{ UnmatchableConstant() (string, bool) })
	if !ok {
		return
	}
	if constant, found := u.UnmatchableConstant(); found {
		c.report(Finding{Severity: Warning, Code: UnmatchableReply, Node: l.From, Link: l.ID, Field: check.at + "/value",
			Value: clip(constant), Message: fmt.Sprintf("a reply is lower-cased before it is compared, so it is never like %q: write it in small letters",
				clip(constant))})
	}
}

// warnLinks warns of outcomes that nothing takes and of clicks that cannot come.
func (c *checker) warnLinks() {
	taken := make([]map[Outcome]bool, len(c.nodes))
	for i := range c.links {
		l, check := &c.doc.Links[i], &c.links[i]
		if check.lost {
			continue
		}
		if taken[check.from] == nil {
			taken[check.from] = map[Outcome]bool{}
		}
		taken[check.from][Outcome{Type: l.Type, Value: l.Value}] = true
		clicker, ok := c.nodes[check.from].settings.(Clicker)
		if ok && !check.refused && l.Type == LinkStatus && l.Value == "clicked" && !clicker.Clickable() {
			c.report(Finding{Severity: Warning, Code: ClickWithoutLink, Node: l.From, Link: l.ID, Field: check.at,
				Message: "there is nothing to click in this message: put {{ link(\"https://...\") }} into its text"})
		}
	}
	if c.lostLinks {
		return
	}
	for i := range c.nodes {
		if c.nodes[i].settings == nil || c.nodes[i].lost {
			continue
		}
		for _, o := range c.nodes[i].settings.Outcomes() {
			if o.Wanted && !taken[i][Outcome{Type: o.Type, Value: o.Value}] {
				c.report(Finding{Severity: Warning, Code: UnlinkedOutcome, Node: c.doc.Nodes[i].ID, Field: c.nodes[i].at,
					Value: o.Value, Message: "no link takes this outcome, so the walk ends there: draw one if it should go on"})
			}
		}
	}
}
