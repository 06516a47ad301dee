package run

import (
	"strings"
	"time"

	"kaskad/engine/scheme"
)

// Doubtful is what a recipient's zone begins with when it is not known: the account's zone follows. Such a recipient is
// sent to only in hours that are open in every zone of its country.
const Doubtful = "unknown/"

// russianZones have different clocks; a Russian mobile of which nothing more is known may be in any of them.
var russianZones = [...]string{"Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk",
	"Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka"}

// Doubt splits the zone of a recipient's row: the zone whose clock is taken, and those it may be in where that is not
// known.
func Doubt(name string) (zone string, maybe []string) {
	zone, doubtful := strings.CutPrefix(name, Doubtful)
	if doubtful {
		maybe = russianZones[:]
	}
	return zone, maybe
}

// clock is the clock of a recipient.
type clock struct {
	zone  *time.Location
	doubt []*time.Location
}

// zone gives the index of a zone; recipients keep the index, not the zone.
func (w *Worker) zone(name string) int16 {
	if i, ok := w.zoneIndex[name]; ok {
		return i
	}
	own, maybe := Doubt(name)
	c := clock{zone: w.load(own)}
	for _, z := range maybe {
		c.doubt = append(c.doubt, w.load(z))
	}
	i := int16(len(w.zones))
	w.zones = append(w.zones, c)
	w.zoneIndex[name] = i
	return i
}

func (w *Worker) load(name string) *time.Location {
	loc, err := scheme.LoadZone(name)
	if err != nil {
		w.Log.Warn("a zone is unknown here, UTC is taken", "zone", name)
		return time.UTC
	}
	return loc
}

func (w *Worker) location(name string) *time.Location { return w.zones[w.zone(name)].zone }
