// Package hours is the block that asks whether it is working time.
package hours

import (
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes/internal/branches"
)

// maxShifts is how many lines a working week may have.
const maxShifts = 100

// Type describes the block.
func Type() scheme.Type {
	return scheme.Type{
		Name: "hours", Routing: true, Decode: decode, Label: scheme.Text{EN: "Working hours", RU: "Режим работы"},
		Fields: []scheme.Field{
			{Name: "zone", Kind: scheme.FieldZone, Label: scheme.Text{EN: "Time zone", RU: "Часовой пояс"}},
			{Name: "weekly", Kind: scheme.FieldObject, In: scheme.Many, Required: true,
				Label: scheme.Text{EN: "Open", RU: "Открыто"},
				Fields: []scheme.Field{
					{Name: "days", Kind: scheme.FieldDays, Required: true, Label: scheme.Text{EN: "Days", RU: "Дни"}},
					{Name: "from", Kind: scheme.FieldClock, Required: true, Label: scheme.Text{EN: "From", RU: "С"}},
					{Name: "to", Kind: scheme.FieldClock, Required: true, Label: scheme.Text{EN: "To", RU: "До"}},
				}},
			{Name: "holidays", Kind: scheme.FieldDate, In: scheme.Many, Label: scheme.Text{EN: "Holidays", RU: "Праздники"}},
		},
	}
}

type settings struct {
	zone     *time.Location
	weekly   []scheme.Window
	holidays []string
}

func decode(c *scheme.Config) scheme.Settings {
	s := &settings{zone: c.Zone("zone"), holidays: c.Dates("holidays")}
	zone, _ := c.String("zone")
	if !c.Need("weekly") {
		return s
	}
	list, ok := c.Objects("weekly", maxShifts)
	if ok && len(list) == 0 {
		c.Report(scheme.BadConfig, "weekly", "", scheme.Text{
			EN: "these hours are never open: add days with from and to",
			RU: "в таком режиме работы нет ни одного рабочего часа: добавьте дни с from и to",
		})
	}
	for _, shift := range list {
		w, _ := shift.Hours()
		w.Zone = zone
		s.weekly = append(s.weekly, w)
	}
	return s
}

func (s *settings) Outcomes() []scheme.Outcome {
	return branches.Outcomes(scheme.LinkBranch, []string{"open", "closed"})
}

func (s *settings) Compile() engine.Block {
	return &engine.Hours{Zone: s.zone, Weekly: s.weekly, Holidays: s.holidays}
}
