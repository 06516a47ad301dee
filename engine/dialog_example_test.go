package engine_test

import (
	"fmt"
	"time"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

// A dialog is offered to one operator at a time; the first declines, the second accepts.
func ExampleStepDialog() {
	checked, _ := scheme.Check([]byte(`{"kind": "routing", "name": "Chats", "nodes": [{"id": "all", "type": "distribute", "name": "All",
		"x": 0, "y": 0, "config": {"to": {"all": true}, "mode": "in_order", "timeout": "60s"}}], "links": []}`), nodes.All(), expression.New())
	program, err := engine.Compile(checked)
	if err != nil {
		fmt.Println(err)
		return
	}
	in := &engine.DialogInput{Program: program, Operators: []engine.Operator{
		{ID: "anna", Online: true, Limit: 3},
		{ID: "ivan", Online: true, Limit: 3},
	}}
	now := engine.At(time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC))
	var state engine.DialogState
	for _, ev := range []engine.DialogEvent{
		{Kind: engine.DialogStart, Text: "Good morning"},
		{Kind: engine.OfferDeclined, Operator: "anna"},
		{Kind: engine.OfferAccepted, Operator: "ivan"},
	} {
		var out engine.DialogEffects
		state, _ = engine.StepDialog(in, state, ev, now, &out)
		for _, o := range out.Offers {
			fmt.Println("offered to", o.Operator, "until", o.Until.Time().Format(time.TimeOnly))
		}
		now = now.Add(10 * time.Second)
	}
	fmt.Println(state.Outcome, "by", state.Operator)
	// Output:
	// offered to anna until 09:01:00
	// offered to ivan until 09:01:10
	// accepted by ivan
}
