// Package condition is the block that leaves by the first branch whose condition is true.
package condition

import (
	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/branches"
)

// otherwise is the branch where none is true.
const otherwise = "else"

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "condition", Cascade: true, Routing: true, Decode: decode, Label: scheme.Text{EN: "Condition", RU: "Условие"},
		Fields: []scheme.Field{{Name: "branches", Kind: scheme.FieldObject, In: scheme.Many, Required: true,
			Label: scheme.Text{EN: "Branches", RU: "Ветви"},
			Fields: []scheme.Field{
				{Name: "id", Kind: scheme.FieldText, Required: true, Label: scheme.Text{EN: "Name", RU: "Название"}},
				{Name: "when", Kind: scheme.FieldCondition, Required: true, Label: scheme.Text{EN: "When", RU: "Когда"}},
			}}},
	}
}

type settings struct {
	ids  []string
	when []scheme.Condition
}

func decode(c *scheme.Config) scheme.Settings {
	if !c.Need("branches") {
		return nil
	}
	list, ok := c.Objects("branches", branches.Most)
	if ok && len(list) == 0 {
		c.Report(scheme.BadConfig, "branches", "", scheme.Text{
			EN: "a condition needs a branch: add one with an id and a condition",
			RU: "условию нужна хотя бы одна ветвь: добавьте её с идентификатором и условием",
		})
	}
	ids, idsOK := branches.IDs(list, otherwise)
	s := &settings{ids: ids}
	for _, b := range list {
		var when scheme.Condition
		if b.Given("when") { // an empty one is an expression that does not compile
			when = b.Condition("when")
		} else {
			b.Need("when")
		}
		s.when = append(s.when, when)
	}
	if !ok || !idsOK {
		return nil
	}
	return s
}

func (s *settings) Outcomes() []scheme.Outcome {
	return branches.Outcomes(scheme.LinkBranch, s.ids, otherwise)
}

func (s *settings) Compile() engine.Block {
	return &engine.Choose{Type: scheme.LinkBranch, Pick: s.pick}
}

func (s *settings) pick(v *scheme.Vars) (value string, failed int) {
	for i, when := range s.when {
		holds, err := when.Holds(v)
		if err != nil {
			failed++
		} else if holds {
			return s.ids[i], failed
		}
	}
	return otherwise, failed
}
