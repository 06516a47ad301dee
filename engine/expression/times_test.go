package expression_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/expression"
	"kaskad/engine/scheme"
)

func TestInstants(t *testing.T) {
	t.Parallel()
	cases := map[string]string{ // now is 2026-03-27T15:04:05Z, a Friday
		`now().Year()`:    "2026",
		`now().Day()`:     "27",
		`now().Minute()`:  "4",
		`now().Second()`:  "5",
		`now().Weekday()`: "5",
		`now().YearDay()`: "86",
		`now().Unix()`:    "1774623845",
		`now().Add(duration("24h")).Format("02.01")`:                           "28.03",
		`now().AddDate(0, 1, 0).Format("2006-01-02")`:                          "2026-04-27",
		`now().Sub(date("2026-03-27")).Hours() > 15`:                           "true",
		`(now() - date("2026-03-27")).Minutes()`:                               "904.0833333333334",
		`duration("1m").Seconds()`:                                             "60",
		`now().Before(date("2027-01-01")) and now().After(date("2026-01-01"))`: "true",
		`now().Equal(now())`:                                                   "true",
		`date("27.03.2026", "02.01.2006")`:                                     "2026-03-27T00:00:00Z",
		`date(timezone("Asia/Vladivostok"), "27.03.2026 10", "02.01.2006 15")`: "2026-03-27T10:00:00+10:00",
		`date("2026-03-27T10:00:00+03:00")`:                                    "2026-03-27T10:00:00+03:00",
		`(data.when ?? now()).Hour()`:                                          "15",
		`values({"b": 1, "a": 2})`:                                             "2, 1",
		`get(groupBy(data.items, #), 2.0)`:                                     "2",
		`(data.nothing).Format("02")`:                                          "",
		`string([1, 2]) + string(nil)`:                                         "1, 2",
		`[uniq(["b", "a", "b"]), 3..1, 1..3]`:                                  "b, a, , 1, 2, 3",
	}
	l := expression.New()
	for source, want := range cases {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			tm, err := l.Template("{{ "+source+" }}", scheme.ScopeCampaign)
			require.NoError(t, err)
			got, err := tm.Render(sample(), nil)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestWrongUseFailsClearly(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		`data.code.Format("02")`:                   "a text has no Format()",
		`now().Format(data.items)`:                 "wrong arguments",
		`date(data.code)`:                          `"QWE" is not a date`,
		`repeat("a", -1)`:                          "0 or more",
		`replace(contact.email, "a", "b")`:         "a text is needed",
		`uniq(data.code)`:                          "uniq() needs a list, not a text",
		`keys(data.items)`:                         "a map is needed, not a list",
		`data.items["x"]`:                          "a number, not a text",
		`data.items.x`:                             "a number, not a text",
		`contact.attributes.vip.x`:                 "true or false has no x",
		`says(data.items, "x")`:                    "says() looks into a text, not into a list",
		`says(contact.name, data.items)`:           "says() looks for a text, not for a list",
		`says(contact.name, contact.attributes.x)`: "not for nothing",
		`link(data.nothing)`:                       "link() needs an address",
		`link("javascript:" + data.code)`:          "http:// or https://",
	}
	l := expression.New()
	for source, msg := range cases {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			tm, err := l.Template("-{{ "+source+" }}-", scheme.ScopeCampaign)
			require.NoError(t, err)
			got, err := tm.Render(sample(), nil)
			require.ErrorContains(t, err, msg)
			require.Equal(t, "--", got)
		})
	}
}
