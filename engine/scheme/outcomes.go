package scheme

// CheckWithOutcomes is Check that also lists what links of each block may take, by the id of its node, in the order in
// which a person would want it shown. It tells as much as can be read of a document that is half drawn; a block of which
// nothing can be said is not in it.
func (s *Source) CheckWithOutcomes(types Types, lang Language) (*Checked, []Finding, map[string][]Outcome) {
	out := map[string][]Outcome{}
	if s.fatal != nil {
		return nil, []Finding{*s.fatal}, out
	}
	c := s.checker(types, lang)
	checked, findings := c.check()
	for i := range c.nodes {
		if n := &c.nodes[i]; !n.lost && n.settings != nil {
			out[c.doc.Nodes[i].ID] = n.settings.Outcomes()
		}
	}
	return checked, findings, out
}
