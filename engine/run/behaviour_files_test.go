package run_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine"
	"kaskad/engine/run"
)

// What a provider gets of a stored picture or sound is an address, also when the message is kept; an address stays one.
func TestAProviderGetsTheAddressesOfStoredFiles(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	key := l.campaign(draw(block("v", "viber", `{"sender":"SHOP","format":"image","image":"скидка.png"}`),
		block("c", "voice", `{"sender":"78001234567","audio":"https://shop.example/a.mp3"}`), goal("g"), link("v", "status:delivered", "c"),
		link("c", "status:answered", "g")), l.people(1), hurry(3600))
	p := l.provider(nil)
	r := l.start(p, func(o *run.Options) {
		o.File = func(account int64, name string) string {
			return fmt.Sprintf("https://k.example/f/%d/%s", account, name)
		}
	})
	p.hears(1)
	want := fmt.Sprintf("https://k.example/f/%d/скидка.png", key.Account)
	require.Equal(t, want, p.of(l.message(key, 0, "v"))[0].Content.Image)
	r.report(fact(l.message(key, 0, "v"), engine.Delivered))
	p.hears(2)
	require.Equal(t, "https://shop.example/a.mp3", p.of(l.message(key, 0, "c"))[0].Content.Audio)
	require.EqualValues(t, 1, l.db.Count(`SELECT count(*) FROM messages WHERE content->>'image' = $1`, want))
}
