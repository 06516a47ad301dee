package v1_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

func TestAnOwnerClosesTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	c.post("/contacts", object{"phone": "+79160000001"}, 201)
	later := w.clock.now().Add(48 * time.Hour).Format(time.RFC3339)
	sent := c.launched(object{"name": "Весна", "start": object{"when": "at", "at": later}})
	open := w.opened(c, object{"again": "never"})
	token := into[struct{ Secret string }](c.post("/tokens", object{"name": "CRM", "scopes": []string{"campaigns:enter", "contacts:read"}}, 201)).Secret
	machine := w.stranger().with("Authorization", "Bearer "+token)
	machine.get("/contacts", 200)
	marketer := w.as(access.Marketer)
	invitation := into[struct {
		Link struct{ Code string } `json:"one_time_link"`
	}](c.post("/invitations", object{"email": "new@example.org", "role": "marketer"}, 201)).Link.Code

	// Nobody does it by mistake, or who may not.
	marketer.post("/account/close", object{"name": "Лавка"}, 403).says("scope_needed", "")
	w.as(access.Admin).post("/account/close", object{"name": "Лавка"}, 403).says("scope_needed", "")
	machine.post("/account/close", object{"name": "Лавка"}, 403)
	c.post("/account/close", object{}, 422)
	c.post("/account/close", object{"name": "лавка", "cancel_campaigns": true}, 422).says("close_name", "body.name")
	p := c.post("/account/close", object{"name": "Лавка"}, 409).says("close_campaigns", "body.cancel_campaigns")
	require.Contains(t, p.Errors[0].Message, "Весна")
	require.Contains(t, p.Errors[0].Message, "Campaigns under way: 2 (")
	require.Contains(t, c.russian().post("/account/close", object{"name": "Лавка"}, 409).says("close_campaigns", "body.cancel_campaigns").Errors[0].Message,
		"идут: 2 (")
	require.Equal(t, campaign.Scheduled, into[campaign.Campaign](c.get("/campaigns/"+sent.ID.String(), 200)).State)

	closing := into[access.Closing](c.post("/account/close", object{"name": " Лавка ", "cancel_campaigns": true}, 200))
	require.Len(t, closing.Cancelled, 2)
	require.Equal(t, access.KeepClosed, closing.Until.Sub(closing.At))
	require.EqualValues(t, 0, w.db.Count("SELECT count(*) FROM campaigns WHERE account = $1 AND state <> 'cancelled'", int64(mine)))

	// It is as if it were not there.
	for _, one := range []*client{c, marketer} {
		one.get("/session", 401).says("session_over", "")
	}
	machine.get("/contacts", 401).says("bad_token", "")
	machine.post(open+"/entries", object{"recipients": []object{{"key": "1", "phone": "+79160000002"}}}, 401)
	w.stranger().post("/session/link/look", object{"code": invitation}, 404).says("no_link", "body.code")
	err := w.accounts.BeginSession(context.Background(), access.NewSession{Digest: access.Digest("x"), User: c.user, Account: mine})
	require.ErrorContains(t, err, "no_account")
	standings, err := w.accounts.Standings(t.Context(), c.user)
	require.NoError(t, err)
	require.Empty(t, standings)
	w.other.get("/account", 200)

	// A launch that began before comes to nothing.
	_, err = w.store.Desk().Exec(t.Context(), `UPDATE campaigns SET state = 'draft' WHERE account = $1 AND campaign = $2`, int64(mine), int64(sent.ID))
	require.NoError(t, err)
	_, err = w.store.Desk().Exec(t.Context(), `UPDATE campaigns SET state = 'scheduled' WHERE account = $1 AND campaign = $2`, int64(mine), int64(sent.ID))
	require.ErrorContains(t, err, "a closed account launches nothing")

	id, err := w.accounts.Reopen(t.Context(), "Лавка")
	require.NoError(t, err)
	require.Equal(t, mine, id)
	machine.get("/contacts", 200)
	again := w.enter(c)
	log := into[paging.Page[access.Entry]](again.get("/audit?what=account", 200)).Items
	require.Equal(t, "account.reopened", log[0].What)
	require.Equal(t, "account.closed", log[1].What)
	require.Equal(t, c.user, log[1].User)
	again.post("/account/close", object{"name": "Лавка"}, 200)
	w.clock.move(access.KeepClosed)
	_, err = w.accounts.Reopen(t.Context(), "Лавка")
	require.ErrorContains(t, err, "closed_too_long")
}

// enter begins another session of a client's user.
func (w *world) enter(c *client) *client {
	w.Helper()
	secret := "again-" + w.newID().String()
	require.NoError(w, w.accounts.BeginSession(context.Background(), access.NewSession{Digest: access.Digest(secret), User: c.user,
		Account: c.account, IP: "192.0.2.1", Agent: "test"}))
	return w.stranger().with("Cookie", "kaskad_session="+secret)
}

func TestClosingCancelsBackgroundWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.owner
	id := c.with("Content-Type", "text/csv").post("/imports?name=a.csv", "Телефон\n+79161234569\n", 201).made()
	started := into[struct{ ID ids.ID }](c.post("/imports/"+id.String()+"/start", nil, 202)).ID
	c.post("/account/close", object{"name": "Лавка"}, 200)
	require.EqualValues(t, 0, w.db.Count("SELECT count(*) FROM tasks WHERE account = $1 AND state = 'waiting'", int64(mine)))
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM tasks WHERE task = $1 AND (state = 'cancelled' OR cancelling OR state = 'done')", int64(started)))
}
