package campaign

import (
	"errors"
	"fmt"
	"time"

	"kaskad/engine"
	"kaskad/engine/scheme"
)

// Wall is a time on the clock on the wall, wherever that hangs.
type Wall struct {
	Year   int
	Month  time.Month
	Day    int
	Minute int // after midnight, 0 to 1439
}

// wallLayout is how a wall-clock time is written.
const wallLayout = "2006-01-02 15:04"

var errWall = errors.New("not a date and a time of day: write 2026-06-15 10:00, with a year from 1971 to 2999")

// ParseWall reads a date and a time of day, such as 2026-06-15 10:00.
func ParseWall(s string) (Wall, error) {
	t, err := time.Parse(wallLayout, s)
	if err != nil || t.Year() < 1971 || t.Year() > 2999 || t.Format(wallLayout) != s {
		return Wall{}, errWall
	}
	return Wall{Year: t.Year(), Month: t.Month(), Day: t.Day(), Minute: t.Hour()*60 + t.Minute()}, nil
}

func (w Wall) String() string {
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d", w.Year, w.Month, w.Day, w.Minute/60, w.Minute%60)
}

// In is the instant of the time in a zone. One that does not exist there is the first instant after the gap, of one that
// occurs twice it is the first.
func (w Wall) In(zone *time.Location) engine.Instant {
	return engine.At(scheme.Local(w.Year, w.Month, w.Day, w.Minute, zone))
}
