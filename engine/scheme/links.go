package scheme

import "kaskad/engine/words"

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
			c.report(Finding{Severity: Error, Code: UnknownBlock, Node: n.ID, Field: check.at + "/type", Value: clip(n.Type)},
				"block.unknown", "type", clip(n.Type))
			continue
		}
		if c.doc.Kind == Cascade && !typ.Cascade || c.doc.Kind == Routing && !typ.Routing {
			check.typeLost = true
			c.report(Finding{Severity: Error, Code: WrongKind, Node: n.ID, Field: check.at + "/type", Value: n.Type},
				"block.wrong_kind."+string(c.doc.Kind), "type", n.Type)
			continue
		}
		check.typ = &typ
		if check.config == nil {
			continue
		}
		config := &Config{c: c, node: n.ID, at: check.at + "/config", v: check.config}
		if check.settings = typ.Decode(config); check.settings != nil {
			check.outcomes = check.settings.Outcomes()
		}
		config.finish()
	}
}

// nodeOutcome is an outcome of a node.
type nodeOutcome struct {
	node  int
	kind  LinkType
	value string
}

// checkLinks finds where links lead and whether their blocks offer them.
func (c *checker) checkLinks() {
	taken := make(map[nodeOutcome]bool, len(c.links))
	for i := range c.links {
		l, check := &c.doc.Links[i], &c.links[i]
		if check.lost || !c.findEnds(l, check) || check.unknown {
			continue
		}
		key := nodeOutcome{check.from, l.Type, l.Value}
		if taken[key] {
			c.report(Finding{Severity: Error, Code: DuplicateLink, Node: l.From, Link: l.ID, Field: check.at, Value: clip(l.Value)},
				"link.same_outcome")
			continue
		}
		taken[key] = true
		if c.nodes[check.from].settings == nil {
			continue
		}
		c.checkOffered(l, check)
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
	c.report(Finding{Severity: Error, Code: DanglingLink, Link: l.ID, Field: pointer(check.at, field), Value: clip(id)},
		"link.dangling", "id", clip(id))
	return false
}

// checkOffered looks a link's outcome up among those of its block: few, so looking through them is cheapest.
func (c *checker) checkOffered(l *Link, check *linkCheck) {
	ofType := false
	for _, o := range c.nodes[check.from].outcomes {
		if o.Type == l.Type && (o.Any || o.Value == l.Value) {
			return
		}
		ofType = ofType || o.Type == l.Type
	}
	check.refused = true
	f := Finding{Severity: Error, Code: LinkNotAvailable, Node: l.From, Link: l.ID, Field: check.at + "/value",
		Value: clip(l.Value)}
	if !ofType {
		f.Field, f.Value = check.at+"/type", clip(string(l.Type))
		c.report(f, "link.no_type", "type", clip(string(l.Type)))
		return
	}
	c.report(f, "link.no_outcome", "value", clip(l.Value), "type", clip(string(l.Type)))
}

// compileReply compiles the condition of a reply link.
func (c *checker) compileReply(l *Link, check *linkCheck) {
	cond, err := c.lang.Condition(l.Value, ScopeReply)
	if err != nil {
		c.tell(Finding{Severity: Error, Code: BadExpression, Node: l.From, Link: l.ID, Field: check.at + "/value",
			Value: clip(l.Value)}, words.Of(err))
		return
	}
	c.replies[l.ID] = cond
	u, ok := cond.(interface{ UnmatchableConstant() (string, bool) })
	if !ok {
		return
	}
	if constant, found := u.UnmatchableConstant(); found {
		c.report(Finding{Severity: Warning, Code: UnmatchableReply, Node: l.From, Link: l.ID, Field: check.at + "/value",
			Value: clip(constant)}, "link.capitals", "constant", clip(constant))
	}
}

// warnLinks warns of outcomes that nothing takes and of clicks that cannot come.
func (c *checker) warnLinks() {
	taken := make(map[nodeOutcome]bool, len(c.links))
	for i := range c.links {
		l, check := &c.doc.Links[i], &c.links[i]
		if check.lost {
			continue
		}
		taken[nodeOutcome{check.from, l.Type, l.Value}] = true
		clicker, ok := c.nodes[check.from].settings.(Clicker)
		if ok && !check.refused && l.Type == LinkStatus && l.Value == "clicked" && !clicker.Clickable() {
			c.report(Finding{Severity: Warning, Code: ClickWithoutLink, Node: l.From, Link: l.ID, Field: check.at},
				"link.nothing_to_click")
		}
	}
	if c.lostLinks {
		return
	}
	for i := range c.nodes {
		if c.nodes[i].lost {
			continue
		}
		for _, o := range c.nodes[i].outcomes {
			if o.Wanted && !taken[nodeOutcome{i, o.Type, o.Value}] {
				c.report(Finding{Severity: Warning, Code: UnlinkedOutcome, Node: c.doc.Nodes[i].ID, Field: c.nodes[i].at,
					Value: o.Value}, "block.unlinked_outcome")
			}
		}
	}
}
