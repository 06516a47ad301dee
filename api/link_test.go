package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/api"
	"kaskad/engine"
	"kaskad/engine/channel"
	"kaskad/engine/run"
)

// links are addresses by number; what is not in it does not exist, an empty one cannot be looked up.
type links map[int]string

func (l links) Resolve(_ context.Context, _ channel.Key, n int) (string, error) {
	url, ok := l[n]
	switch {
	case !ok:
		return "", api.ErrNoLink
	case url == "":
		return "", errors.New("database: hush")
	}
	return url, nil
}

// inbox takes clicks in.
type inbox struct {
	reports []channel.Report
	receive func(context.Context) error
}

func (b *inbox) Receive(ctx context.Context, reports []channel.Report) error {
	b.reports = append(b.reports, reports...)
	if b.receive == nil {
		return nil
	}
	return b.receive(ctx)
}

const (
	phone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
	message = "https://shop.example/sale?x=1&y=%D0%B0#top"
)

var (
	linker = &run.Linker{Base: "", Secret: []byte("the secret of the test")}
	key    = channel.Key{Account: 1, Campaign: 7, Ordinal: 42, Node: 3, Attempt: 1}
)

func linked(t *testing.T, b *inbox, log *journal) http.Handler {
	t.Helper()
	return handler(t, api.Options{Log: log.log(), Linker: linker, Inbox: b, Links: links{0: message, 1: "javascript:alert(1)",
		2: "https://магазин.рф:8443/скидка", 3: "", 4: "//evil.example", 5: "https:///x", 6: "ftp://shop.example/",
		7: "https://shop.example/\r\nSet-Cookie: a=b", 8: "HTTP://Shop.example/A"}})
}

func TestAVisitorIsLedOnAndCounted(t *testing.T) {
	t.Parallel()
	var b inbox
	var journal journal
	h := linked(t, &b, &journal)
	code := linker.Address(key, 0)
	w := ask(h, http.MethodGet, "/l/"+code, "User-Agent", phone)
	require.Equal(t, http.StatusFound, w.Code)
	require.Equal(t, message, w.Header().Get("Location"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	require.Equal(t, []channel.Report{{Account: 1, Key: key, Fact: engine.Clicked, At: noon}}, b.reports)
	require.NotContains(t, journal.String(), code, "a code stands for a person")
	require.Contains(t, ask(h, http.MethodGet, "/metrics").Body.String(), `kaskad_link_visits_total{result="stored"} 1`)
}

func TestOnlyTheWebIsLedTo(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{2: "https://xn--80aairftm.xn--p1ai:8443/%D1%81%D0%BA%D0%B8%D0%B4%D0%BA%D0%B0", 8: "http://shop.example/A",
		1: "", 4: "", 5: "", 6: "", 7: "", 99: ""} {
		var b inbox
		var journal journal
		w := ask(linked(t, &b, &journal), http.MethodGet, "/l/"+linker.Address(key, n), "User-Agent", phone, "Accept-Language", "en")
		require.Equal(t, want, w.Header().Get("Location"), n)
		if want != "" {
			require.Equal(t, http.StatusFound, w.Code)
			continue
		}
		require.Equal(t, http.StatusNotFound, w.Code, n)
		require.Empty(t, b.reports)
		require.Empty(t, w.Header().Get("Set-Cookie"))
	}
}

func TestAForgedCodeIsAPageInBothLanguages(t *testing.T) {
	t.Parallel()
	good := linker.Address(key, 0)
	other := run.Linker{Secret: []byte("another secret")}
	for _, code := range []string{"x", good + "A", good[:len(good)-1], other.Address(key, 0), strings.Repeat("A", 5000), "%00"} {
		var b inbox
		var journal journal
		w := ask(linked(t, &b, &journal), http.MethodGet, "/l/"+code, "User-Agent", phone)
		require.Equal(t, http.StatusNotFound, w.Code, code)
		require.Contains(t, w.Body.String(), "Такой ссылки нет", code)
		require.Contains(t, w.Body.String(), "There is no such link", code)
		require.Empty(t, b.reports, code)
	}
}

func TestALinkThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	var b inbox
	var journal journal
	w := ask(linked(t, &b, &journal), http.MethodGet, "/l/"+linker.Address(key, 3), "User-Agent", phone)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	require.Contains(t, w.Body.String(), "try again in a minute")
	require.NotContains(t, w.Body.String(), "hush")
	require.Contains(t, journal.String(), "hush")
	require.Empty(t, b.reports)
}

func TestALostClickIsNoLostVisitor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var journal journal
		slow := inbox{receive: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		h := linked(t, &slow, &journal)
		begun := time.Now()
		w := ask(h, http.MethodGet, "/l/"+linker.Address(key, 0), "User-Agent", phone)
		require.Equal(t, 2*time.Second, time.Since(begun))
		require.Equal(t, http.StatusFound, w.Code)
		require.Equal(t, message, w.Header().Get("Location"))
		require.Contains(t, journal.String(), "a click was lost")
	})
}

func TestMachinesDoNotClick(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method  string
		headers []string
		counts  bool
	}{
		{"GET", []string{"User-Agent", phone}, true},
		{"GET", []string{"User-Agent", "Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 40) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"}, true},
		{"GET", []string{"User-Agent", "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 Viber/22.6"}, true},
		{"GET", []string{"User-Agent", "Mozilla/5.0 (Linux; Android 13; wv) Chrome/120.0 YaBrowser/24.1 Mobile Safari/537.36"}, true},
		{"HEAD", []string{"User-Agent", phone}, false},
		{"GET", nil, false},
		{"GET", []string{"User-Agent", phone, "Sec-Purpose", "prefetch;prerender"}, false},
		{"GET", []string{"User-Agent", phone, "X-Purpose", "Preview"}, false},
		{"GET", []string{"User-Agent", "WhatsApp/2.24.1 A"}, false},
		{"GET", []string{"User-Agent", "Viber/22.1.0"}, false},
		{"GET", []string{"User-Agent", "TelegramBot (like TwitterBot)"}, false},
		{"GET", []string{"User-Agent", "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)"}, false},
		{"GET", []string{"User-Agent", "Mozilla/5.0 (compatible; OdklBot/1.0 like Linux; klass@odnoklassniki.ru)"}, false},
		{"GET", []string{"User-Agent", "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"}, false},
		{"GET", []string{"User-Agent", "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"}, false},
		{"GET", []string{"User-Agent", "curl/8.5.0"}, false},
	} {
		var b inbox
		var journal journal
		w := ask(linked(t, &b, &journal), c.method, "/l/"+linker.Address(key, 0), c.headers...)
		require.Equal(t, http.StatusFound, w.Code, c)
		require.Equal(t, message, w.Header().Get("Location"), c)
		require.Equal(t, c.counts, len(b.reports) == 1, c)
	}
}
