package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/engine/access"
)

const elsewhere = "192.0.2.7:4711"

func TestThePageIsForThoseWhoHaveSignedIn(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{Campaigns: &campaigns{list: spring(10)}})
	w := askFrom(elsewhere, h, http.MethodGet, "/?q=x&lang=en")
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/sign-in?lang=en&next=%2F%3Fq%3Dx%26lang%3Den", w.Header().Get("Location"))
	require.Equal(t, "/sign-in", askFrom(elsewhere, h, http.MethodGet, "/", "Cookie", "kaskad_session=old").Header().Get("Location"))
	require.Equal(t, http.StatusUnauthorized, askFrom(elsewhere, h, http.MethodGet, "/events").Code)
	require.Equal(t, http.StatusUnauthorized, askFrom(elsewhere, h, http.MethodGet, "/", "Accept", "application/json").Code)
	require.Equal(t, http.StatusForbidden, askFrom(elsewhere, h, http.MethodGet, "/", "Cookie", "kaskad_session=operator").Code)
	seen := askFrom(elsewhere, h, http.MethodGet, "/", "Cookie", "kaskad_session="+analyst)
	require.Equal(t, http.StatusOK, seen.Code)
	require.Contains(t, seen.Body.String(), "Spring")
	other := askFrom(elsewhere, h, http.MethodGet, "/?campaign=1-7", "Cookie", "kaskad_session=other")
	require.Equal(t, http.StatusOK, other.Code)
	require.NotContains(t, other.Body.String(), "Spring", "another account's campaigns")
	require.NotContains(t, other.Body.String(), "Fallback")
}

func TestMetricsAreForThisMachineAndForTokens(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{MetricsToken: "sesame"})
	for _, c := range []struct {
		from, name, value string
		want              int
	}{
		{"127.0.0.1:1", "", "", 200}, {"[::1]:1", "", "", 200}, {elsewhere, "", "", 401},
		{"127.0.0.1:1", "X-Forwarded-For", "192.0.2.7", 401}, // a proxy on this machine
		{elsewhere, "X-Forwarded-For", "127.0.0.1", 401},
		{elsewhere, "Authorization", "Bearer sesame", 200}, {elsewhere, "Authorization", "Bearer wrong", 401},
		{elsewhere, "Authorization", "Bearer " + analyst, 200}, {elsewhere, "Authorization", "Bearer operator", 401},
		{elsewhere, "Cookie", "kaskad_session=" + analyst, 401},
	} {
		require.Equal(t, c.want, askFrom(c.from, h, http.MethodGet, "/metrics", c.name, c.value).Code, c)
	}
	closed := handler(t, api.Options{})
	require.Equal(t, 401, askFrom(elsewhere, closed, http.MethodGet, "/metrics", "Authorization", "Bearer ").Code, "no token is no key")
}

// broken cannot read sessions.
type broken struct{}

func (broken) Session(context.Context, string) (*access.Principal, error) {
	return nil, errors.New("db.internal: hush")
}

func (broken) Token(context.Context, string) (*access.Principal, error) {
	return nil, errors.New("down")
}

func TestWhenSessionsCannotBeRead(t *testing.T) {
	t.Parallel()
	h := handler(t, api.Options{Campaigns: &campaigns{}, Gate: broken{}})
	w := ask(h, http.MethodGet, "/")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.NotContains(t, w.Body.String(), "hush")
	_, err := api.New(api.Options{Clock: newClock().now, Log: (&journal{}).log(), Campaigns: &campaigns{}})
	require.ErrorContains(t, err, "Gate")
}
