// Package split is the A/B test.
package split

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/branches"
)

const (
	maxWait = 14 * 24 * time.Hour
	maxMin  = 1_000_000_000
)

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "split", Cascade: true, Decode: decode, Label: scheme.Text{EN: "A/B test", RU: "A/B-тестирование"},
		Fields: form(),
	}
}

type settings struct {
	variants []engine.Variant
	ids      []string
	winner   *engine.Winner
}

func noVariants() scheme.Text {
	return scheme.Text{
		EN: "an A/B test needs variants, each with an id and a weight: add two",
		RU: "A/B-тестированию нужны варианты, каждый с идентификатором и весом: добавьте два",
	}
}

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{}
	s.winner = decodeWinner(c.Object("winner"))
	if !c.Given("variants") {
		c.Report(scheme.BadWeights, "variants", "", noVariants())
		return nil
	}
	list, ok := c.Objects("variants", branches.Most)
	if ok && len(list) == 0 {
		c.Report(scheme.BadWeights, "variants", "", noVariants())
		return nil
	}
	ids, idsOK := branches.IDs(list)
	for i, v := range list {
		weight, _ := v.Weight("weight")
		s.variants = append(s.variants, engine.Variant{ID: ids[i], Weight: weight})
	}
	if !ok || !idsOK {
		return nil
	}
	s.ids = ids
	return s
}

func decodeWinner(c *scheme.Config) *engine.Winner {
	if c == nil {
		return nil
	}
	w := &engine.Winner{}
	if c.Need("share") {
		w.Share, _ = c.Int("share", 1, 99)
	}
	if c.Need("wait") {
		w.Wait, _ = c.Duration("wait", time.Second, maxWait, 0)
	}
	if c.Need("metric") {
		w.Metric, _ = c.Choice("metric", "", "delivered", "clicked", "replied", "goal")
	}
	least, _ := c.Int("min", 0, maxMin)
	w.Min = int64(least)
	return w
}

func (s *settings) Outcomes() []scheme.Outcome { return branches.Outcomes(scheme.LinkVariant, s.ids) }

func (s *settings) Compile() engine.Block {
	return &engine.Split{Variants: s.variants, Winner: s.winner}
}
