package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/channel"
)

func TestLinkCodesAreReadBack(t *testing.T) {
	t.Parallel()
	l := &Linker{Base: "https://k.example/l/", Secret: []byte("secret")}
	other := &Linker{Base: l.Base, Secret: []byte("another")}
	rapid.Check(t, func(t *rapid.T) {
		key := channel.Key{Account: rapid.Int64Min(0).Draw(t, "account"), Campaign: rapid.Int64Min(0).Draw(t, "campaign"),
			Ordinal: rapid.Int64Min(0).Draw(t, "ordinal"), Node: int16(rapid.IntRange(0, 499).Draw(t, "node")),
			Attempt: uint8(rapid.IntRange(1, 10).Draw(t, "attempt"))}
		n := rapid.IntRange(0, 255).Draw(t, "n")
		code := strings.TrimPrefix(l.Address(key, n), l.Base)
		got, gotN, err := l.Read(code)
		require.NoError(t, err)
		require.Equal(t, key, got)
		require.Equal(t, n, gotN)
		_, _, err = other.Read(code)
		require.Error(t, err, "another secret must not do")
		at := rapid.IntRange(0, len(code)-1).Draw(t, "at")
		forged := []byte(code)
		forged[at] ^= 1
		if _, _, err := l.Read(string(forged)); err == nil {
			again, _, _ := l.Read(string(forged))
			require.Equal(t, key, again, "a changed code names the same message or none")
		}
	})
}

func FuzzReadLink(f *testing.F) {
	l := &Linker{Secret: []byte("secret")}
	f.Add(l.Address(channel.Key{Account: 1, Campaign: 2, Ordinal: 3, Node: 4, Attempt: 1}, 0))
	f.Add("")
	f.Fuzz(func(t *testing.T, code string) {
		key, n, err := l.Read(code)
		if err == nil {
			require.NotEmpty(t, l.Address(key, n))
		}
	})
}
