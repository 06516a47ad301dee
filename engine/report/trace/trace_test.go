package trace

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/scheme"
	"kaskad/nodes"
)

func instantOf(t *testing.T, text string) engine.Instant {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return engine.At(at)
}

// viewed is a walk in which a message waited for the morning, was viewed and led to a goal; a click came too late.
func viewed(t *testing.T) *Walk {
	window := &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: 600, To: 1260}
	p := &engine.Program{Kind: scheme.Cascade, Nodes: []engine.Node{
		{ID: "v", Type: "viber", Name: "Offer", Block: &engine.Message{Channel: "viber", Attempts: 1, Decision: time.Hour},
			Links: []engine.Link{{ID: "1", Type: scheme.LinkStatus, Value: "viewed", To: 1}}},
		{ID: "g", Type: "goal", Block: &engine.Goal{}},
	}}
	at := func(text string) engine.Instant { return instantOf(t, text) }
	return &Walk{Program: p, Phone: "+79241234567", Ordinal: 3, Contact: 5, Zone: "Asia/Vladivostok",
		Campaign: Campaign{ID: 9, Name: "Весна", Zone: "Europe/Moscow", Window: window},
		State:    engine.State{Node: 1, Phase: engine.Ended, Outcome: engine.ReachedGoal}, Ended: at("2026-03-28T00:20:00Z"),
		Steps: []engine.Record{
			{Node: 0, Link: 0, Attempts: 1, Facts: engine.Delivered | engine.Viewed, Entered: at("2026-03-27T15:00:00Z"),
				Sent: at("2026-03-28T00:00:05Z"), Decided: at("2026-03-28T00:20:00Z"), Reason: "viewed"},
			{Node: 1, Link: -1, Entered: at("2026-03-28T00:20:00Z"), Decided: at("2026-03-28T00:20:00Z"), Reason: "goal"},
		},
		Messages: []Message{{Attempt: 1, Launched: at("2026-03-28T00:00:05Z").Time(), Address: "+79241234567", Text: "20% off\n"}},
		Answers:  []Answer{{Attempt: 1, Connection: "demo", ProviderID: "p1", Recorded: at("2026-03-28T00:00:06Z").Time()}},
		Facts: []Fact{
			{Attempt: 1, Name: "viewed", Recorded: at("2026-03-28T00:20:00Z").Time()},
			{Attempt: 1, Name: "delivered", Implied: true, Recorded: at("2026-03-28T00:20:00Z").Time()},
			{Attempt: 1, Name: "reply", Value: "Да", Recorded: at("2026-03-28T01:00:00Z").Time()},
		},
		Troubles: []Trouble{{What: "no such field", At: at("2026-03-28T00:00:05Z").Time()}},
	}
}

func texts(told Told) []string {
	var list []string
	for _, l := range told.Lines {
		list = append(list, l.At.Format(time.TimeOnly)+" "+l.Text)
	}
	return list
}

func TestAWalkInWords(t *testing.T) {
	t.Parallel()
	w := viewed(t)
	en := Tell(w, "en")
	require.Equal(t, `+79241234567, recipient 3 of campaign 9 "Весна", zone Asia/Vladivostok`, en.Title)
	require.Equal(t, []string{
		`15:00:00 entered "Offer" (viber)`,
		`15:00:00 held: outside the sending window, which opened at 2026-03-28 10:00:00`,
		`00:00:00 held 5 s: waited for its turn (rate or the provider's queue)`,
		`00:00:05 trouble: no such field`,
		`00:00:05 sent to +79241234567: 20% off`,
		`00:00:06 the provider accepted it as p1`,
		`00:20:00 viewed`,
		`00:20:00 decided: viewed, link 1 to "g"`,
		`00:20:00 entered "g" (goal)`,
		`00:20:00 ended: goal reached`,
		`01:00:00 replied: Да (late)`,
	}, texts(en))
	ru := Tell(w, "ru")
	require.Len(t, ru.Lines, len(en.Lines))
	require.Equal(t, "просмотрено", ru.Lines[6].Text)
	require.Equal(t, "вошёл в блок «Offer» (Viber)", ru.Lines[0].Text)
	require.Equal(t, "вошёл в блок «g» (цель)", ru.Lines[8].Text)
	require.Equal(t, "придержано 5 с: ждало очереди (скорость рассылки или очередь провайдера)", ru.Lines[2].Text)
}

func TestAWalkAsData(t *testing.T) {
	t.Parallel()
	s := Show(viewed(t))
	require.Equal(t, "goal", s.State)
	require.Len(t, s.Steps, 2)
	first := s.Steps[0]
	require.Equal(t, []any{"v", "1", "g", "viewed", "5s"}, []any{first.Node, first.Link, first.To, first.Reason, first.HeldFor})
	require.Equal(t, "2026-03-28T00:00:00Z", first.HeldUntil.Format(time.RFC3339))
	require.Equal(t, []string{"delivered", "viewed"}, first.Facts)
	require.Equal(t, "p1", s.Messages[0].ProviderID)
	require.True(t, s.Facts[2].Late)
	require.True(t, s.Facts[1].Implied)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(text), `"zone_known":true`)
}

func TestWalksThatGoOn(t *testing.T) {
	t.Parallel()
	w := viewed(t)
	w.Steps, w.Ended, w.Facts, w.Troubles, w.Maybe = nil, 0, nil, nil, []string{"Europe/Moscow"}
	w.State = engine.State{Phase: engine.Fresh, Wake: instantOf(t, "2026-03-27T15:00:00Z")}
	require.Contains(t, Tell(w, "en").Lines[0].Text, "begins at 2026-03-28 01:00:00")
	require.Contains(t, Tell(w, "en").Title, "not known")
	require.Equal(t, "waiting", Show(w).State)
	w.State = engine.State{Phase: engine.Sending, Entered: instantOf(t, "2026-03-28T00:00:00Z"), Launched: instantOf(t, "2026-03-28T00:00:05Z"), Unsure: true, Attempt: 1}
	lines := strings.Join(texts(Tell(w, "en")), "\n")
	require.Contains(t, lines, "nobody knows whether it took the message")
	require.Contains(t, lines, `waits in "Offer" until 2026-03-28 11:00:05`)
	shown := Show(w)
	require.Len(t, shown.Steps, 1)
	require.Nil(t, shown.Steps[0].Decided)
	require.NotNil(t, shown.WaitsFor)
}

func TestWhyAMessageIsStillHeld(t *testing.T) {
	t.Parallel()
	w := viewed(t)
	w.Steps, w.Ended, w.Facts, w.Troubles, w.Messages, w.Answers = nil, 0, nil, nil, nil, nil
	opening := instantOf(t, "2026-03-28T00:00:00Z")
	w.State = engine.State{Phase: engine.Held, Entered: instantOf(t, "2026-03-27T15:00:00Z"), Wake: opening}
	require.Equal(t, []string{
		`15:00:00 entered "Offer" (viber)`,
		`15:00:00 held: outside the sending window, which opens at 2026-03-28 10:00:00`,
		`00:00:00 waits in "Offer" until 2026-03-28 10:00:00`,
	}, texts(Tell(w, "en")))
	w.State.Entered, w.State.Wake = opening, opening
	require.Equal(t, []string{
		`00:00:00 entered "Offer" (viber)`,
		`00:00:00 waits in "Offer" for its turn (rate or the provider's queue)`,
	}, texts(Tell(w, "en")), "the window is open: nothing but its turn is waited for")
}

// A window that was changed after a message was sent says nothing of why that waited.
func TestAWindowThatWasChangedHeldNobody(t *testing.T) {
	t.Parallel()
	w := viewed(t)
	w.Campaign.Window = &scheme.Window{Zone: scheme.ZoneRecipient, Days: scheme.EveryDay, From: 1200, To: 1260}
	require.Equal(t, `15:00:00 held 9 h: waited for its turn (rate or the provider's queue)`, texts(Tell(w, "en"))[1])
	require.Nil(t, Show(w).Steps[0].HeldUntil)
}

func TestReasonsInWords(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string][2]string{
		"error:bad_address": {"error: bad address (bad_address)", "ошибка: неверный адрес (bad_address)"},
		"error:status_500":  {"error: status_500", "ошибка: status_500"}, // a webhook's is free
		"timeout":           {"the decision time is over", "истекло время принятия решения"},
		"no_link":           {"no link leads on", "дальше связи нет"},
		"variant:a":         {"variant a", "вариант a"},
		"branch:else":       {"branch else", "ветка иначе"},
		"ivr:2":             {"pressed a key 2", "нажата клавиша 2"},
	} {
		require.Equal(t, want[0], Speak("en").Reason(reason))
		require.Equal(t, want[1], Speak("ru").Reason(reason))
	}
	w := viewed(t)
	w.Facts = []Fact{{Attempt: 1, Name: "error", Value: "rejected", Recorded: instantOf(t, "2026-03-28T00:01:00Z").Time()}}
	require.Contains(t, texts(Tell(w, "en")), "00:01:00 error: rejected by the provider (rejected)")
}

// TestEverythingThatCanBeSaidHasWords holds the catalogue against the interpreter.
func TestEverythingThatCanBeSaidHasWords(t *testing.T) {
	t.Parallel()
	w := speak("en")
	for f := engine.Delivered; f <= engine.Failed; f <<= 1 {
		require.Contains(t, w, f.String())
	}
	for _, reason := range engine.ErrorReasons() {
		require.Contains(t, w, "error_"+reason)
	}
	for o := engine.ReachedGoal; o <= engine.Interrupted; o++ {
		require.Contains(t, w, o.String())
	}
	for _, block := range nodes.All() {
		if block.Cascade {
			require.Contains(t, w, "type_"+block.Name)
		}
	}
	for _, why := range []string{"cancelled", "deleted", "fault", engine.FrequencyCap} {
		require.Contains(t, w, why, "why the runtime interrupts a walk")
	}
}

func TestDurationsInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration][2]string{
		0:                                      {"0 s", "0 с"},
		1356 * time.Millisecond:                {"1.4 s", "1,4 с"},
		59960 * time.Millisecond:               {"1 min", "1 мин"},
		77766 * time.Millisecond:               {"1 min 18 s", "1 мин 18 с"},
		time.Hour + 29*time.Second:             {"1 h", "1 ч"},
		3*time.Hour + 5*time.Minute:            {"3 h 5 min", "3 ч 5 мин"},
		50 * time.Hour:                         {"2 d 2 h", "2 д 2 ч"},
		24*time.Hour - 200*time.Millisecond:    {"1 d", "1 д"},
		100*24*time.Hour + 23*time.Hour + 3600: {"100 d 23 h", "100 д 23 ч"},
	} {
		require.Equal(t, want[0], Lasting(d, "en"))
		require.Equal(t, want[1], Lasting(d, "ru"))
	}
}

func TestWhatComesFromOutsideIsHarmlessOnAScreen(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ab[31mc", Clip("a\nb\x1b[31m\u009b\u202ec\x7f", 20))
	require.Equal(t, "Пред…", Clip("Предложение", 5))
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	en, ru := speak("en"), speak("ru")
	require.NotEmpty(t, en)
	require.Equal(t, slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(ru)))
	for key, text := range en {
		require.Equal(t, strings.Count(text, "%"), strings.Count(ru[key], "%"), key)
	}
}

func TestTroublesOfTheRuntimeAreToldInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, ru string }{
		{"an expression failed on this contact's data and counted as false or empty", "выражение не вычислилось на данных этого контакта и принято за ложное или пустое"},
		{"the recipient's data cannot be stored; its walk was ended", "данные получателя не удалось сохранить, его путь закончен"},
		{"the recipient's row cannot be changed; it was set aside", "строку получателя не удалось изменить, он отложен"},
		{"line 1, column 4: unknown name nmae", "line 1, column 4: unknown name nmae"},
	} {
		w := viewed(t)
		w.Troubles[0].What = c.what
		require.Contains(t, texts(Tell(w, "en")), "00:00:05 trouble: "+c.what)
		require.Contains(t, texts(Tell(w, "ru")), "00:00:05 затруднение: "+c.ru)
	}
}
