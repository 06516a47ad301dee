package campaigns_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

func (w *world) act(id ids.ID, a campaign.Action) *campaign.Done {
	w.Helper()
	done, err := w.Act(w.Context(), marketer().Actor, id, a, "")
	require.NoError(w, err)
	return done
}

func TestPauseResumeCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 5)
	c := w.launched(w.draft(nil).ID)
	_, err := w.hot.Finish(t.Context())
	require.NoError(t, err)
	require.Equal(t, campaign.Running, w.got(c.ID).State)
	w.db.Exec("UPDATE segments SET due = now() + interval '1 hour' WHERE campaign = $1", int64(c.ID))
	require.Equal(t, campaign.Paused, w.act(c.ID, campaign.Pause).Campaign.State)
	_, err = w.Act(t.Context(), marketer().Actor, c.ID, campaign.Pause, "")
	refused(t, err, fault.Conflict, "campaign_is_paused", "")
	require.Equal(t, campaign.Running, w.act(c.ID, campaign.Resume).Campaign.State)
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM segments WHERE due <= clock_timestamp() AND campaign = $1", int64(c.ID)))
	done := w.act(c.ID, campaign.Cancel)
	require.EqualValues(t, 5, done.Interrupted)
	require.Equal(t, campaign.Cancelled, done.Campaign.State)
	require.Equal(t, campaign.Cancelled, w.act(c.ID, campaign.Archive).Campaign.State)
	list, err := w.List(t.Context(), mine, campaign.Query{}, paging.Request{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, list.Items)
	c, err = w.Restore(t.Context(), marketer().Actor, c.ID)
	require.NoError(t, err)
	require.Nil(t, c.ArchivedAt)
	require.Equal(t, "campaign.created campaign.launched campaign.paused campaign.resumed campaign.cancelled campaign.archived campaign.restored", w.whats(c.ID))
	_, err = w.Act(t.Context(), marketer().Actor, 999, campaign.Pause, "")
	refused(t, err, fault.NotFound, "campaign_not_found", "path.campaign")
}

func TestChangeWhileRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 5)
	c := w.launched(w.draft(nil).ID)
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	changed, err := w.Change(t.Context(), marketer().Actor, c.ID, []byte(`{"end": "`+end.Format(time.RFC3339)+`", "rate": 7, "name": "Лето"}`))
	require.NoError(t, err)
	require.Equal(t, end, *changed.End)
	require.Equal(t, 7, *changed.Rate)
	_, err = w.Change(t.Context(), marketer().Actor, c.ID, []byte(`{"version": "52"}`))
	refused(t, err, fault.Conflict, "campaign_fixed", "body.version")
	_, err = w.Change(t.Context(), marketer().Actor, c.ID, []byte(`{"end": "2020-01-01T00:00:00Z"}`))
	refused(t, err, fault.Invalid, "end_before_start", "body.end")
	require.Equal(t, changed.StartsAt, w.got(c.ID).StartsAt, "a change of terms moves no start")
	require.EqualValues(t, 2, w.db.Count("SELECT revision FROM campaigns WHERE campaign = $1", int64(c.ID)))

	_, err = w.Finished(c.ID)
	require.NoError(t, err)
	w.db.Exec("UPDATE campaigns SET end_at = now() - interval '1 second', start_at = now() - interval '1 hour' WHERE campaign = $1", int64(c.ID))
	require.Equal(t, campaign.Finishing, w.got(c.ID).State, "the end has come, but walks are open")
}

// Finished lets the runtime's own look at states happen.
func (w *world) Finished(ids.ID) (int, error) { return w.hot.Finish(w.Context()) }

func TestCorrectWhileRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 2)
	c := w.launched(w.draft(nil).ID)
	try := func(node, old, text string) error {
		_, err := w.Correct(t.Context(), marketer().Actor, c.ID, campaign.Correction{Node: node, Field: "text", Old: old, New: text})
		return err
	}
	require.NoError(t, try("v", "20% off", "30% off"))
	refused(t, try("v", "20% off", "40% off"), fault.Stale, "correction_old", "body.old")
	require.NoError(t, try("v", "30% off", "{{ contact.name }}, 40% off"))
	refused(t, try("v", "{{ contact.name }}, 40% off", "{{ contact. }}"), fault.Invalid, "correction_compile", "body.new")
	refused(t, try("s", `20% off: {{ link("https://shop.example") }}`, "20% off"), fault.Invalid, "correction_link", "body.new")
	list, err := w.Corrections(t.Context(), mine, c.ID)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "Ольга", list[0].By)
	corrected, err := campaign.CorrectAll([]byte(document), list)
	require.NoError(t, err)
	require.Contains(t, string(corrected), "{{ contact.name }}, 40% off")
	_, err = w.Correct(t.Context(), marketer().Actor, w.draft(nil).ID, campaign.Correction{Node: "v", Field: "text", Old: "20% off", New: "x"})
	refused(t, err, fault.Conflict, "campaign_is_draft", "")
}

func TestModeration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 2)
	require.NoError(t, w.SetModeration(t.Context(), admin().Actor, true))
	id := w.draft(nil).ID
	c, err := w.Launch(t.Context(), marketer(), id, -1)
	require.NoError(t, err)
	require.Equal(t, campaign.Moderation, c.State)
	_, err = w.Change(t.Context(), marketer().Actor, id, []byte(`{"name": "x"}`))
	refused(t, err, fault.Conflict, "campaign_is_moderation", "")
	done, err := w.Act(t.Context(), admin().Actor, id, campaign.Reject, "Слишком громко")
	require.NoError(t, err)
	require.Equal(t, campaign.Draft, done.Campaign.State)
	require.Equal(t, "Слишком громко", done.Campaign.Note)
	_, err = w.Launch(t.Context(), marketer(), id, -1)
	require.NoError(t, err)
	done, err = w.Act(t.Context(), admin().Actor, id, campaign.Approve, "")
	require.NoError(t, err)
	require.True(t, done.Campaign.Launching)
	_, err = w.RunLaunch(t.Context(), &work{world: w, id: done.Campaign.Task, object: id})
	require.NoError(t, err)
	require.Equal(t, campaign.Scheduled, w.got(id).State)
	require.Equal(t, "campaign.created campaign.submitted campaign.rejected campaign.submitted campaign.approved campaign.launched", w.whats(id))
	c, err = w.Launch(t.Context(), admin(), w.draft(nil).ID, -1)
	require.NoError(t, err)
	require.True(t, c.Launching, "an admin needs no approval")
}

// What was right when a campaign was handed in may be wrong when it is approved: nothing is launched then, and it waits on.
func TestApprovingLooksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 2)
	require.NoError(t, w.SetModeration(t.Context(), admin().Actor, true))
	w.db.Exec(`INSERT INTO groups (account, group_id, name) VALUES ($1, 5, 'Постоянные')`, int64(mine))
	w.db.Exec(`INSERT INTO schemes (account, scheme, name, kind, draft, revision, draft_user, draft_token, draft_name, created_at, updated_at)
		VALUES ($1, 60, 'x', 'cascade', '{}', 1, 1, 0, 'x', now(), now())`, int64(mine))
	w.db.Exec(`INSERT INTO versions (account, version, name, document, format, scheme, number)
		SELECT account, 61, name, document, format, 60, 1 FROM versions WHERE account = $1 AND version = 51`, int64(mine))
	for _, x := range []struct {
		what, spoil string
		change      func(*campaign.Terms)
		kind        fault.Kind
		code, field string
	}{
		{"the scheme is archived", "UPDATE schemes SET archived_at = now()", func(s *campaign.Terms) { s.Version = 61 }, fault.Conflict, "scheme_archived", ""},
		{"the group is gone", "DELETE FROM groups", func(s *campaign.Terms) { s.Audience.Groups = []ids.ID{5} }, fault.Invalid, "campaign_group", "body.audience.groups[0]"},
		{"the end has passed", "UPDATE campaigns SET end_at = now() - interval '1 minute', start_at = now() - interval '2 minutes' WHERE end_at IS NOT NULL",
			func(s *campaign.Terms) { s.End = new(time.Now().Add(time.Hour)) }, fault.Conflict, "end_passed", "body.end"},
		{"no repetition is left", `UPDATE campaigns SET start = start || '{"until": "2020-01-01T00:00:00Z"}' WHERE start ->> 'when' = 'cron'`,
			func(s *campaign.Terms) { s.Start = campaign.Start{When: campaign.Cron, Cron: "0 10 * * *"} }, fault.Conflict, "no_repetition", "body.start"},
	} {
		id := w.draft(x.change).ID
		_, err := w.Launch(t.Context(), marketer(), id, -1)
		require.NoError(t, err, x.what)
		w.db.Exec(x.spoil)
		_, err = w.Act(t.Context(), admin().Actor, id, campaign.Approve, "")
		refused(t, err, x.kind, x.code, x.field)
		require.Equal(t, campaign.Moderation, w.got(id).State, x.what)
		done, err := w.Act(t.Context(), admin().Actor, id, campaign.Reject, x.what)
		require.NoError(t, err)
		require.Equal(t, campaign.Draft, done.Campaign.State)
	}
	// A start that has passed while the campaign waited: it begins at once, and not before it was approved.
	id := w.draft(func(s *campaign.Terms) {
		s.Start = campaign.Start{When: campaign.At, At: new(time.Now().Add(time.Hour))}
	}).ID
	_, err := w.Launch(t.Context(), marketer(), id, -1)
	require.NoError(t, err)
	w.db.Exec(`UPDATE campaigns SET start = jsonb_set(start, '{at}', to_jsonb(now() - interval '3 hours')) WHERE campaign = $1`, int64(id))
	approved := time.Now()
	done, err := w.Act(t.Context(), admin().Actor, id, campaign.Approve, "")
	require.NoError(t, err)
	_, err = w.RunLaunch(t.Context(), &work{world: w, id: done.Campaign.Task, object: id})
	require.NoError(t, err)
	require.WithinRange(t, *w.got(id).StartsAt, approved.Add(-time.Second), time.Now().Add(time.Second))
}

func TestWhatIsRefusedInTerms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		code, field string
		change      func(*campaign.Terms)
	}{
		{"campaign_version_unknown", "body.version", func(s *campaign.Terms) { s.Version = 53 }},
		{"version_not_cascade", "body.version", func(s *campaign.Terms) { s.Version = routing }},
		{"campaign_connection", "body.connection", func(s *campaign.Terms) { s.Connection = "carrier-pigeon" }},
		{"campaign_group", "body.audience.groups[0]", func(s *campaign.Terms) { s.Audience.Groups = []ids.ID{5} }},
		{"follows_unknown", "body.audience.follows.campaign", func(s *campaign.Terms) { s.Audience.Follows = &campaign.Follows{Campaign: 5, Who: campaign.NoGoal} }},
	} {
		terms := campaign.Terms{Name: "Весна", Version: cascade}
		c.change(&terms)
		_, err := w.Create(t.Context(), marketer().Actor, terms)
		refused(t, err, fault.Invalid, c.code, c.field)
	}
	terms := campaign.Terms{Name: "Весна", Version: cascade, Audience: campaign.Audience{Filter: "name =="}}
	_, err := w.Create(t.Context(), marketer().Actor, terms)
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, "body.audience.filter", f.Field)
	_, err = w.Launch(t.Context(), admin(), w.draft(func(s *campaign.Terms) { s.Audience.Filter = `name == "никто"` }).ID, -1)
	require.NoError(t, err, "the task finds out")
}

func TestFollowUpRepeatCopyAndTest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 6)
	c := w.launched(w.draft(nil).ID)
	contact := func(ordinal int) string {
		return w.db.Texts("SELECT contact::text FROM recipients WHERE campaign = $1 AND ordinal = $2", int64(c.ID), ordinal)[0]
	}
	// 0 got it, 1 clicked it, 2 did not get it, 3 was interrupted, 4 reached the goal, 5 is still on the way.
	w.db.Exec(`UPDATE recipients SET phase = 7, outcome = (ARRAY[2, 2, 2, 4, 1])[ordinal + 1], ended_at = now(),
		reason = (ARRAY['no_link', 'no_link', 'timeout', 'error:window_closed', 'goal'])[ordinal + 1] WHERE campaign = $1 AND ordinal < 5`, int64(c.ID))
	w.db.Exec(`INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, recorded_at) VALUES
		(7, $1, 0, 0, 0, 1, 1, now()), (7, $1, 0, 1, 0, 1, 1, now()), (7, $1, 0, 1, 0, 1, 2, now()), (7, $1, 0, 1, 0, 1, 4, now()), (7, $1, 0, 4, 0, 1, 1, now())`, int64(c.ID))
	for who, want := range map[campaign.Why][]string{
		campaign.NotDelivered: {contact(2), contact(3)}, campaign.NotViewed: {contact(0), contact(2), contact(3), contact(4)},
		campaign.NotClicked: {contact(0), contact(2), contact(3), contact(4)}, campaign.NoGoal: {contact(0), contact(1), contact(2), contact(3)},
		campaign.CutShort: {contact(3)},
	} {
		next, err := w.Another(t.Context(), marketer().Actor, c.ID, campaign.FollowUp, who, "Ещё раз")
		require.NoError(t, err)
		require.Equal(t, []any{campaign.FollowUp, c.ID, "Ещё раз"}, []any{next.MadeAs, next.Parent, next.Name})
		next = w.launched(next.ID)
		require.ElementsMatch(t, want, w.db.Texts("SELECT contact::text FROM recipients WHERE campaign = $1", int64(next.ID)), string(who))
	}
	again, err := w.Another(t.Context(), marketer().Actor, c.ID, campaign.Repeat, "", "")
	require.NoError(t, err)
	require.Equal(t, c.Name, again.Name)
	_, err = w.Another(t.Context(), marketer().Actor, again.ID, campaign.Repeat, "", "")
	refused(t, err, fault.Conflict, "campaign_never_launched", "")

	test, err := w.Test(t.Context(), marketer().Actor, again.ID, []string{"8 916 000-00-01", "+79160000001", "+79167777777"})
	require.NoError(t, err)
	require.True(t, test.Test)
	require.Equal(t, campaign.Scheduled, test.State)
	require.EqualValues(t, 2, test.Recipients, "each number once")
	require.Equal(t, []string{"test"}, w.db.Texts("SELECT unnest(tags) FROM contacts WHERE phone = '+79167777777'"))
	require.Equal(t, "campaign.created campaign.tested", w.whats(again.ID))
	_, err = w.Test(t.Context(), marketer().Actor, again.ID, []string{"12"})
	refused(t, err, fault.Invalid, "test_phone", "body.phones[0]")
	walks, err := w.Walks(t.Context(), mine, 1, paging.Request{Limit: 1})
	require.NoError(t, err)
	require.Len(t, walks.Items, 1)
	require.Equal(t, test.ID, walks.Items[0].Campaign, "the newest first")
	require.NotEmpty(t, walks.Next)
}

func TestRepetitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 3)
	c := w.draft(func(s *campaign.Terms) {
		s.Start, s.EndAfter = campaign.Start{When: campaign.Cron, Cron: "0 10 * * *", Zone: "Asia/Vladivostok"}, "12h"
	})
	e, err := w.Estimate(t.Context(), marketer().Actor, c.ID)
	require.NoError(t, err)
	require.Len(t, e.Repetitions, 10)
	c, err = w.Launch(t.Context(), admin(), c.ID, -1)
	require.NoError(t, err)
	require.Equal(t, campaign.Scheduled, c.State)
	require.Equal(t, e.Repetitions[0], *c.NextAt)
	done, err := w.Repeat(t.Context())
	require.NoError(t, err)
	require.Nil(t, done, "it is not due")
	ended, stop := context.WithCancel(t.Context())
	stop()
	w.KeepRepeating(ended, time.Hour, slog.New(slog.DiscardHandler))

	w.db.Exec("UPDATE repetitions SET next_at = next_at - interval '3 days' WHERE campaign = $1", int64(c.ID)) // nothing ran for days
	var made []*campaign.Repeated
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 4 { // several processes look at once
		group.Go(func() {
			done, err := w.Repeat(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if err == nil && done != nil {
				made = append(made, done)
			}
		})
	}
	group.Wait()
	require.Len(t, made, 1, "at most one is caught up")
	missed := int64(2)
	if made[0].Made == 0 { // its twelve hours are over at this time of the day
		missed++
	}
	require.Equal(t, missed, made[0].Missed)
	_, err = w.hot.Finish(t.Context())
	require.NoError(t, err)
	require.Equal(t, campaign.Scheduled, w.got(c.ID).State, "the runtime leaves it alone")
	require.Equal(t, campaign.Paused, w.act(c.ID, campaign.Pause).Campaign.State)
	require.Equal(t, campaign.Scheduled, w.act(c.ID, campaign.Resume).Campaign.State)
	require.Equal(t, campaign.Cancelled, w.act(c.ID, campaign.Cancel).Campaign.State)
	require.Nil(t, w.got(c.ID).NextAt)
}

// TestWhoeverWasSetAside has ended as failed, in the list, in the contact's walks and in the trace.
func TestWhoeverWasSetAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 3)
	c := w.launched(w.draft(nil).ID)
	w.db.Exec("INSERT INTO set_aside (account, campaign, ordinal, node, why, at) VALUES (7, $1, 1, 0, 'it broke', now())", int64(c.ID))
	w.db.Exec("INSERT INTO troubles (account, campaign, ordinal, node, what, at) VALUES (7, $1, 0, 0, 'an expression', now())", int64(c.ID))
	failed, err := w.People(t.Context(), mine, c.ID, campaign.PeopleQuery{State: campaign.Failed, Reason: "fault"}, paging.Request{Limit: 10})
	require.NoError(t, err)
	require.Len(t, failed.Items, 1)
	require.EqualValues(t, 1, failed.Items[0].Number)
	walks, err := w.Walks(t.Context(), mine, failed.Items[0].Contact, paging.Request{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, campaign.Failed, walks.Items[0].State)
	told, err := w.Trace(t.Context(), mine, c.ID, 1)
	require.NoError(t, err)
	require.Equal(t, "failed", told.State)
	first, err := w.Troubles(t.Context(), mine, c.ID, "", paging.Request{Limit: 1})
	require.NoError(t, err)
	require.EqualValues(t, 2, *first.Total)
	second, err := w.Troubles(t.Context(), mine, c.ID, "", paging.Request{Limit: 1, Cursor: first.Next})
	require.NoError(t, err)
	require.Equal(t, "it broke", second.Items[0].What)
	require.Empty(t, second.Next)
	found := func(account ids.ID, q string) []string {
		list := []string{}
		page, err := w.Troubles(t.Context(), account, c.ID, q, paging.Request{Limit: 10})
		require.NoError(t, err)
		for _, x := range page.Items {
			list = append(list, x.What)
		}
		return list
	}
	require.Equal(t, []string{"an expression"}, found(mine, "EXPR an"))
	require.Equal(t, []string{"it broke"}, found(mine, second.Items[0].Phone[8:]+" it"), "by the phone too")
	require.Equal(t, []string{"an expression", "it broke"}, found(mine, first.Items[0].Node), "by the block")
	require.Equal(t, []string{"it broke"}, found(mine, first.Items[0].Node+" broke"))
	require.Empty(t, found(mine, "broke expression"))
	_, err = w.Troubles(t.Context(), mine+1, c.ID, "it", paging.Request{Limit: 10})
	require.Error(t, err, "another account's campaign is not there")
}

func TestAVersionOfAnArchivedSchemeIsNotLaunched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(1, 2)
	w.db.Exec(`INSERT INTO schemes (account, scheme, kind, name, draft, revision, draft_user, draft_token, draft_name, created_at, updated_at)
		VALUES ($1, 60, 'cascade', 'Весна', '{}', 1, 0, 0, '', now(), now())`, int64(mine))
	w.db.Exec(`INSERT INTO versions (account, version, name, format, document, scheme, number) VALUES ($1, 61, 'Весна', 1, $2, 60, 1)`,
		int64(mine), document)
	c := w.draft(func(t *campaign.Terms) { t.Version = 61 })
	w.db.Exec("UPDATE schemes SET archived_at = now()")
	_, err := w.Launch(t.Context(), marketer(), c.ID, -1)
	refused(t, err, fault.Conflict, "scheme_archived", "")
	w.db.Exec("UPDATE schemes SET archived_at = NULL")
	require.EqualValues(t, 2, w.launched(c.ID).Recipients)
}
