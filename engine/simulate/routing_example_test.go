package simulate_test

import (
	"encoding/json"
	"fmt"

	"kaskad/engine"
	"kaskad/engine/expression"
	"kaskad/engine/scheme"
	"kaskad/engine/simulate"
	"kaskad/nodes"
)

func ExampleRouting() {
	checked, _ := scheme.Check([]byte(`{"kind": "routing", "name": "Chats", "nodes": [{"id": "sales", "type": "distribute", "name": "Sales",
		"x": 0, "y": 0, "config": {"to": {"groups": ["sales"]}, "mode": "round_robin", "timeout": "60s"}}], "links": []}`),
		nodes.All(), expression.New())
	program, err := engine.Compile(checked)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := simulate.Routing(program, []byte(`{"start": "2026-06-15T09:00:00Z", "zone": "Europe/Moscow", "message": "Добрый день",
		"operators": [{"id": "anna", "groups": ["sales"], "online": true, "limit": 3},
		              {"id": "ivan", "groups": ["sales"], "online": false, "limit": 3}],
		"events": [{"after": "30s", "type": "online", "operator": "ivan"}, {"after": "90s", "type": "accept", "operator": "ivan"}],
		"until": "10m"}`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, _ := json.MarshalIndent(result, "", " ")
	fmt.Println(string(out))
	// Output:
	// {
	//  "outcome": "accepted",
	//  "operator": "ivan",
	//  "ended_at": "2026-06-15T09:01:30Z",
	//  "steps": [
	//   {
	//    "node": "sales",
	//    "entered_at": "2026-06-15T09:00:00Z",
	//    "decided_at": "2026-06-15T09:01:30Z",
	//    "reason": "accepted:ivan",
	//    "offers": [
	//     {
	//      "operator": "anna",
	//      "at": "2026-06-15T09:00:00Z",
	//      "until": "2026-06-15T09:01:00Z"
	//     },
	//     {
	//      "operator": "ivan",
	//      "at": "2026-06-15T09:01:00Z",
	//      "until": "2026-06-15T09:02:00Z"
	//     }
	//    ]
	//   }
	//  ]
	// }
}
