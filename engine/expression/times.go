package expression

import (
	"time"

	"github.com/expr-lang/expr/vm/runtime"

	"kaskad/engine/words"
)

// methods of instants and durations that expressions may call, with their types for the check. All are pure.
func methods() map[string]any {
	number, instants := new(func(time.Time) int), new(func(time.Time, time.Time) bool)
	return map[string]any{"Year": number, "Month": number, "Day": number, "Hour": number, "Minute": number,
		"Second": number, "Weekday": number, "YearDay": number, "Unix": number,
		"Before": instants, "After": instants, "Equal": instants,
		"Format": new(func(time.Time, string) string), "Sub": new(func(time.Time, time.Time) time.Duration),
		"Add":     new(func(time.Time, time.Duration) time.Time),
		"AddDate": new(func(time.Time, int, int, int) time.Time),
		"In":      new(func(time.Time, *time.Location) time.Time),
		"Hours":   new(func(time.Duration) float64), "Minutes": new(func(time.Duration) float64),
		"Seconds": new(func(time.Duration) float64)}
}

var dateLayouts = [...]string{"2006-01-02", "15:04:05", "2006-01-02 15:04:05", time.RFC3339, time.RFC822,
	time.RFC850, time.RFC1123}

// date reads a date from a text: date(text), date(text, layout), either with a zone before it. Without a zone and
// an offset the date is in UTC; unlike the library's, the machine's own zone never matters.
func date(args ...any) (any, error) {
	args = args[1:]
	zone, ok := args[0].(*time.Location)
	if ok {
		args = args[1:]
	} else {
		zone = time.UTC
	}
	t, err := textArgs(args)
	if err != nil {
		return nil, err
	}
	layouts := dateLayouts[:]
	if len(t) == 2 {
		layouts = t[1:]
	} else if len(t) != 1 {
		return nil, words.Fail("value.date_arguments")
	}
	for _, layout := range layouts {
		if parsed, err := time.ParseInLocation(layout, t[0], zone); err == nil {
			return parsed, nil
		}
	}
	return nil, words.Fail("value.not_date", "text", short(t[0]))
}

// method calls one of methods; args are the run, the value, the name and the arguments.
func method(args ...any) (any, error) {
	name, rest := args[2].(string), args[3:]
	switch v := args[1].(type) {
	case nil:
		return nil, nil
	case time.Time:
		return timeMethod(v, name, rest)
	case time.Duration:
		if len(rest) == 0 {
			switch name {
			case "Hours":
				return v.Hours(), nil
			case "Minutes":
				return v.Minutes(), nil
			case "Seconds":
				return v.Seconds(), nil
			}
		}
	}
	return nil, words.Fail("value.no_method", "type", kindName(args[1]), "name", name)
}

func timeMethod(t time.Time, name string, args []any) (any, error) {
	switch len(args) {
	case 0:
		return timePart(t, name)
	case 1:
		switch a := args[0].(type) {
		case string:
			if name == "Format" {
				return t.Format(a), nil
			}
		case time.Duration:
			if name == "Add" {
				return t.Add(a), nil
			}
		case *time.Location:
			if name == "In" && a != nil {
				return t.In(a), nil
			}
		case time.Time:
			switch name {
			case "Sub":
				return t.Sub(a), nil
			case "Before":
				return t.Before(a), nil
			case "After":
				return t.After(a), nil
			case "Equal":
				return t.Equal(a), nil
			}
		}
	case 3:
		if name == "AddDate" {
			return t.AddDate(runtime.ToInt(args[0]), runtime.ToInt(args[1]), runtime.ToInt(args[2])), nil
		}
	}
	return nil, words.Fail("value.arguments", "name", name)
}

// timePart gives months (1 to 12) and weekdays (0 is Sunday) as numbers, so that they compare with numbers.
func timePart(t time.Time, name string) (any, error) {
	switch name {
	case "Year":
		return t.Year(), nil
	case "Month":
		return int(t.Month()), nil
	case "Day":
		return t.Day(), nil
	case "Hour":
		return t.Hour(), nil
	case "Minute":
		return t.Minute(), nil
	case "Second":
		return t.Second(), nil
	case "Weekday":
		return int(t.Weekday()), nil
	case "YearDay":
		return t.YearDay(), nil
	case "Unix":
		return int(t.Unix()), nil
	}
	return nil, words.Fail("value.arguments", "name", name)
}
