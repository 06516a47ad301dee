package page_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"kaskad/api/page"
	"kaskad/engine"
	"kaskad/engine/scheme"
)

var start = time.Date(2026, 3, 27, 7, 0, 0, 0, time.UTC)

func pages(t *testing.T) *page.Pages {
	t.Helper()
	p, err := page.New()
	require.NoError(t, err)
	return p
}

func campaign(id int64, name, state string) page.Campaign {
	return page.Campaign{Key: page.Key{Account: 1, Campaign: id}, Name: name, State: state, Start: start, Recipients: 1000,
		Sent: 400, Endings: page.Endings{Goal: 100, Completed: 150, Failed: 40, Interrupted: 10}}
}

// texts gives what a person reads of a page, and the elements and attributes it has.
func texts(t *testing.T, body []byte) (text string, elements []string, attributes map[string][]string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(string(body)))
	require.NoError(t, err)
	attributes = map[string][]string{}
	var b strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data + " ")
		case html.ElementNode:
			elements = append(elements, n.Data)
			for _, a := range n.Attr {
				attributes[a.Key] = append(attributes[a.Key], a.Val)
			}
		}
	}
	return strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == ' ' || r == '\n' }), " "), elements, attributes
}

func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("text/" + lang + ".json")
	require.NoError(t, err)
	var words map[string]string
	require.NoError(t, json.Unmarshal(raw, &words))
	return words
}

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	ru, en := catalogue(t, "ru"), catalogue(t, "en")
	for key, text := range ru {
		require.Contains(t, en, key)
		require.NotEmpty(t, strings.TrimSpace(text), key)
		require.NotEmpty(t, strings.TrimSpace(en[key]), key)
		require.Equal(t, strings.Count(text, "{}"), strings.Count(en[key], "{}"), key)
	}
	require.Len(t, en, len(ru))
}

func TestEveryValueOfTheContractHasWords(t *testing.T) {
	t.Parallel()
	words := catalogue(t, "en")
	var keys []string
	for _, reason := range engine.ErrorReasons() {
		keys = append(keys, "error."+reason)
	}
	for _, link := range []scheme.LinkType{scheme.LinkStatus, scheme.LinkReply, scheme.LinkIVR, scheme.LinkError, scheme.LinkNext,
		scheme.LinkVariant, scheme.LinkBranch, scheme.LinkOption, scheme.LinkTimeout, scheme.LinkNotAccepted, scheme.LinkNobodyOnline} {
		keys = append(keys, "link."+string(link))
	}
	for _, status := range []string{"spam", "unsubscribed", "clicked", "viewed", "delivered", "not_delivered", "answered", "no_answer"} {
		keys = append(keys, "status."+status)
	}
	for _, state := range []string{"draft", "scheduled", "running", "paused", "finished", "cancelled"} {
		keys = append(keys, "state."+state)
	}
	for _, o := range []engine.Outcome{engine.Open, engine.ReachedGoal, engine.Completed, engine.NotSent, engine.Interrupted} {
		keys = append(keys, "ending."+o.String())
	}
	for _, block := range []string{"viber", "voice", "sms", "vk", "ok", "whatsapp", "delay", "split", "goal", "condition", "webhook", "update"} {
		keys = append(keys, "type."+block)
	}
	for _, sort := range page.Sorts() {
		keys = append(keys, "sort."+sort)
	}
	for _, key := range keys {
		require.Contains(t, words, key)
	}
}

// What a person reads comes from the catalogue: templates have no letters outside of actions, tags and plain values.
func TestThereIsNoTextOutsideTheCatalogue(t *testing.T) {
	t.Parallel()
	actions := regexp.MustCompile(`\{\{.*?\}\}`)
	spoken := []string{"aria-label", "title", "placeholder", "alt", "data-label", "data-fresh", "data-lost"}
	for _, dir := range []string{"templates", "assets"} {
		require.NoError(t, fs.WalkDir(os.DirFS("."), dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".html") {
				return err
			}
			raw, err := os.ReadFile(name)
			require.NoError(t, err)
			body := strings.ReplaceAll(string(raw), "kaskad run SCHEME.json CONTACTS.csv", "")
			text, _, attributes := texts(t, actions.ReplaceAll([]byte(body), nil))
			require.False(t, strings.ContainsFunc(text, unicode.IsLetter), "%s says %q", name, text)
			for _, key := range spoken {
				require.False(t, strings.ContainsFunc(strings.Join(attributes[key], ""), unicode.IsLetter), "%s: %s", name, key)
			}
			return nil
		}))
	}
	for _, name := range []string{"status.js", "signin.js"} {
		script, err := os.ReadFile("assets/" + name)
		require.NoError(t, err)
		require.NotRegexp(t, "(textContent|innerHTML|innerText|title) *= *[\"'`]", string(script))
		require.NotContains(t, string(script), "innerHTML")
	}
}

func TestThePageInBothLanguages(t *testing.T) {
	t.Parallel()
	blocks := []page.Block{
		{ID: "v", Type: "viber", Name: "Offer", Entered: 1000, Sent: 990, Delivered: 700, Viewed: 600, Clicked: 100, Replied: 7, Answered: page.None, Open: 50,
			Errors: []page.Reason{{"no_funds", 3}, {"newer_reason", 1}}, Ended: 5,
			Links: []page.Link{{"status", "clicked", "Shop", 100}, {"reply", `says(reply, "<да>")`, "Shop", 7}, {"reply", "", "Shop", 1},
				{"error", "", "Fallback", 2}, {"error", "no_funds", "Fallback", 3}, {"variant", "a", "Shop", 4}, {"branch", "else", "Shop", 6}}},
		{ID: "d", Type: "delay", Entered: 12, Sent: page.None, Delivered: page.None, Viewed: page.None, Clicked: page.None, Replied: page.None, Answered: page.None},
		{ID: "c", Type: "voice", Entered: 400, Sent: 398, Delivered: page.None, Viewed: page.None, Clicked: page.None, Replied: page.None, Answered: 321},
	}
	one := campaign(1, "Spring", "running")
	one.Demo, one.Connection, one.Finished = true, "demo-1", start.Add(time.Hour)
	status := page.Status{Version: "v9.9", Campaigns: []page.Campaign{one},
		Speeds: map[page.Key]page.Speed{one.Key: {Known: true, Sent: 12.4, Ended: 2}},
		Blocks: func(page.Key) ([]page.Block, error) { return blocks, nil }}
	for lang, wanted := range map[string][]string{
		"en": {"Campaigns: 1 , running: 1", "Spring", "running", "Demo channel", "nobody gets anything", "30 %", "1,000", "700", "12",
			"5 min 50 s", "goal reached 100", "Start: 2026-03-27 07:00 UTC", "End: 2026-03-27 08:00 UTC", "Connection: demo-1",
			"Status: clicked", `Reply: says(reply, "<да>")`, "Reply: any", "Error: any", "Error: no funds", "Variant: a", "Branch: else",
			"no funds 3", "newer_reason 1", "Ended here 5", "Viber Offer", "Delay", "Answered", "321", "Version v9.9"},
		"ru": {"Рассылок: 1 , запущено: 1", "запущено", "Демо-канал", "люди ничего не получают", "30 %", "1 000", "5 мин 50 с",
			"цель достигнута 100", "Статус: клик", "Ответ: любой", "Ошибка: любая", "Ошибка: нет средств", "Вариант: a", "Ветка: иначе",
			"Завершили здесь 5", "Успешные вызовы", "321", "Задержка", "Версия v9.9"},
	} {
		body, err := pages(t).Status(lang, page.Query{}, status)
		require.NoError(t, err)
		text, elements, attributes := texts(t, body)
		text = strings.ReplaceAll(text, "\u00a0", " ")
		for _, want := range wanted {
			require.Contains(t, text, want, lang)
		}
		require.Contains(t, attributes["lang"], lang)
		require.Contains(t, attributes["data-events"], "/events?lang="+lang)
		// No inline script or style: the policy would refuse them.
		require.NotContains(t, elements, "style")
		require.NotContains(t, attributes, "style")
		for key := range attributes {
			require.False(t, strings.HasPrefix(key, "on"), key)
		}
		live, err := pages(t).Live(lang, page.Query{Lang: lang}, status)
		require.NoError(t, err)
		require.NotContains(t, string(live), "<html")
		require.Contains(t, string(live), "Spring")
	}
}

func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}` + "\u202e\x00"
	one := campaign(1, hostile, hostile)
	one.Connection = hostile
	status := page.Status{Version: hostile, Campaigns: []page.Campaign{one}, Blocks: func(page.Key) ([]page.Block, error) {
		return []page.Block{{ID: hostile, Type: hostile, Name: hostile, Errors: []page.Reason{{hostile, 1}},
			Links: []page.Link{{hostile, hostile, hostile, 1}, {"reply", hostile, hostile, 1}}}}, nil
	}}
	for _, lang := range page.Languages() {
		body, err := pages(t).Status(lang, page.Query{}, status)
		require.NoError(t, err)
		text, elements, attributes := texts(t, body)
		require.Contains(t, text, "<script>alert(1)</script>")
		require.NotContains(t, attributes, "onerror")
		require.Equal(t, 1, count(elements, "script"), "only the page's own")
		require.NotContains(t, attributes["src"], "x")

		nothing, err := pages(t).Status(lang, page.Query{Search: `<script>no</script>`}, status)
		require.NoError(t, err)
		_, elements, _ = texts(t, nothing)
		require.Equal(t, 1, count(elements, "script"))
	}
}

func count(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

func TestStatesOfTheList(t *testing.T) {
	t.Parallel()
	broken := func(page.Key) ([]page.Block, error) { return nil, errors.New("down") }
	none := func(page.Key) ([]page.Block, error) { return nil, nil }
	one := []page.Campaign{campaign(1, " ", "paused")}
	for name, c := range map[string]struct {
		query  page.Query
		status page.Status
		want   string
	}{
		"empty":    {page.Query{}, page.Status{}, "kaskad run SCHEME.json CONTACTS.csv"},
		"failed":   {page.Query{}, page.Status{Failed: true}, "could not be read"},
		"nothing":  {page.Query{Search: "absent"}, page.Status{Campaigns: one, Blocks: none}, "Nothing was found for “absent”"},
		"unnamed":  {page.Query{}, page.Status{Campaigns: one, Blocks: none}, "Without a name"},
		"blocks":   {page.Query{}, page.Status{Campaigns: one, Blocks: broken}, "The blocks of this campaign could not be read"},
		"noblocks": {page.Query{}, page.Status{Campaigns: one, Blocks: none}, "has no blocks"},
	} {
		body, err := pages(t).Status("en", c.query, c.status)
		require.NoError(t, err, name)
		text, _, _ := texts(t, body)
		require.Contains(t, text, c.want, name)
	}
}

// list gives the numbers of the campaigns that a page lists, in order.
func list(t *testing.T, q page.Query, s page.Status) []string {
	t.Helper()
	body, err := pages(t).Status("en", q, s)
	require.NoError(t, err)
	_, _, attributes := texts(t, body)
	var ids []string
	for _, id := range attributes["id"] {
		if rest, ok := strings.CutPrefix(id, "row-1-"); ok {
			ids = append(ids, rest)
		}
	}
	return ids
}

func TestSearchAndSort(t *testing.T) {
	t.Parallel()
	a, b, c := campaign(1, "ёлка", "finished"), campaign(2, "Берёза", "running"), campaign(3, "birch", "paused")
	a.Recipients, b.Start, c.Endings.Goal = 5000, start.Add(time.Hour), 500
	s := page.Status{Campaigns: []page.Campaign{a, b, c}, Speeds: map[page.Key]page.Speed{c.Key: {Sent: 5}, a.Key: {Sent: 9}}}
	for query, want := range map[string][]string{
		"":                  {"2", "3", "1"},
		"sort=newest":       {"2", "3", "1"},
		"sort=name":         {"3", "2", "1"},
		"sort=recipients":   {"1", "2", "3"},
		"sort=open":         {"1", "2", "3"},
		"sort=progress":     {"1", "2", "3"},
		"sort=speed":        {"1", "3", "2"},
		"sort=%27%3Bdrop":   {"2", "3", "1"},
		"q=+БЕРЁЗА+":        {"2"},
		"q=ir":              {"3"},
		"q=3":               {"3"},
		"q=%ff":             {"2", "3", "1"},
		"page=99":           {"2", "3", "1"},
		"page=-1&lang=xx":   {"2", "3", "1"},
		"campaign=1-x&q=ir": {"3"},
	} {
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		require.Equal(t, want, list(t, page.ReadQuery(values), s), query)
	}
	require.LessOrEqual(t, len(page.ReadQuery(url.Values{"q": {strings.Repeat("ы", 1000)}}).Search), 200)
}

func TestPagesOfTheList(t *testing.T) {
	t.Parallel()
	var all []page.Campaign
	for i := range int64(45) {
		all = append(all, campaign(i+1, "Campaign", "running"))
	}
	s := page.Status{Campaigns: all, Blocks: func(page.Key) ([]page.Block, error) { return nil, nil }}
	var seen []string
	for n, size := range []int{20, 20, 5} {
		ids := list(t, page.Query{Page: n + 1}, s)
		require.Len(t, ids, size)
		seen = append(seen, ids...)
	}
	slices.Sort(seen)
	require.Len(t, slices.Compact(seen), 45)

	body, err := pages(t).Status("en", page.Query{Page: 2, Sort: "name", Search: "camp & co"[:4], Lang: "en"}, s)
	require.NoError(t, err)
	text, _, attributes := texts(t, body)
	require.Contains(t, text, "Page 2 of 3")
	require.Contains(t, attributes["href"], "/?lang=en&q=camp&sort=name")
	require.Contains(t, attributes["href"], "/?lang=en&page=3&q=camp&sort=name")

	// A campaign that was chosen is shown wherever in the list it is.
	body, err = pages(t).Status("en", page.Query{Page: 1, Chosen: page.Key{Account: 1, Campaign: 1}}, s)
	require.NoError(t, err)
	require.Contains(t, string(body), `id="chosen"`)
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ named, accept, want string }{
		{"", "", "ru"}, {"en", "ru", "en"}, {"xx", "en-GB,en;q=0.9", "en"}, {"", "de,en;q=0.5,ru;q=0.4", "en"},
		{"", "ru-RU,ru;q=0.9,en;q=0.8", "ru"}, {"", "ja", "ru"}, {"", ";;;", "ru"}, {"", strings.Repeat("en,", 500), "ru"},
	} {
		require.Equal(t, c.want, page.ChooseLanguage(c.named, c.accept), c)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	for _, notice := range []page.Notice{page.MissingPage, page.MissingLink, page.Broken, page.Away, page.NotBuilt} {
		for _, lang := range page.Languages() {
			body, err := pages(t).Notice(lang, notice)
			require.NoError(t, err)
			text, _, attributes := texts(t, body)
			require.Contains(t, text, catalogue(t, "ru")[string(notice)])
			require.Contains(t, text, catalogue(t, "en")[string(notice)])
			require.Equal(t, lang, attributes["lang"][0])
			require.Equal(t, lang, attributes["lang"][1], "the visitor's own first")
			require.Len(t, attributes["lang"], 3)
		}
	}
	_, err := pages(t).Notice("xx", page.Broken)
	require.Error(t, err)
}

func TestAssetsAreThereAndNamedByTheirContent(t *testing.T) {
	t.Parallel()
	p := pages(t)
	body, err := p.Status("en", page.Query{}, page.Status{})
	require.NoError(t, err)
	for name, kind := range map[string]string{"status.css": "text/css; charset=utf-8", "narrow.css": "text/css; charset=utf-8", "status.js": "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml"} {
		a, ok := p.Asset(name)
		require.True(t, ok)
		require.Equal(t, kind, a.Type)
		require.NotEmpty(t, a.Content)
		require.Contains(t, string(body), "/assets/"+name+"?v="+a.Mark)
	}
	_, ok := p.Asset("../page.go")
	require.False(t, ok)
}

func TestSpeeds(t *testing.T) {
	t.Parallel()
	s := page.NewSpeeds()
	c := campaign(1, "x", "running")
	look := func(after time.Duration, sent, goal int64) page.Speed {
		c.Sent, c.Endings.Goal = sent, goal
		return s.Look(start.Add(after), []page.Campaign{c})[c.Key]
	}
	require.Equal(t, page.Speed{}, look(0, 0, 0), "nothing is known at the first look")
	require.Equal(t, page.Speed{}, look(0, 5, 0), "nor at the same instant")
	require.Equal(t, page.Speed{Known: true, Sent: 100, Ended: 10}, look(time.Second, 100, 10))
	require.Equal(t, page.Speed{Known: true}, look(50*time.Second, 100, 10), "older looks are forgotten")
	require.Equal(t, page.Speed{Known: true}, look(51*time.Second, 50, 0), "figures that fall are no negative speed")
	require.False(t, look(time.Hour, 100, 10).Known, "too long ago")
	s.Look(start.Add(2*time.Hour), nil)
	require.False(t, look(2*time.Hour+time.Second, 100, 10).Known, "a campaign that was away is new")
}
