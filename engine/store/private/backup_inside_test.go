//go:build unix

package private

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// entries are what a test puts into a backup.
type entries []struct{ name, text string }

func goodHead() Head {
	return Head{Format: backupFormat, Program: "v1", Schema: 7, PostgreSQL: 15, Platform: platform(), Began: noon}
}

func goodEntries() entries {
	return entries{{"link.key", "secret"}, {passwordName, "password"}, {clusterFolder + "PG_VERSION", "15\n"},
		{clusterFolder + "page", strings.Repeat("page", 5000)}}
}

// written is a backup with a head and entries, sealed with a passphrase if there is one.
func written(t require.TestingT, head Head, list entries, passphrase string) []byte {
	var out bytes.Buffer
	a, err := newArchive(&out, passphrase)
	require.NoError(t, err)
	require.NoError(t, a.json(headName, head, noon))
	for _, e := range list {
		require.NoError(t, a.small(e.name, []byte(e.text), noon))
	}
	_, err = a.close(Tail{Ended: noon})
	require.NoError(t, err)
	return out.Bytes()
}

// errReached says that a backup was found good and would have been started.
var errReached = errors.New("reached")

// tried reads and unpacks a backup into a stage, and gives what was wrong and what was left in the folder.
func tried(t require.TestingT, backup []byte, passphrase string) (found map[string]string, err error) {
	data, err := os.MkdirTemp("", "kaskad-restore-")
	require.NoError(t, err)
	defer os.RemoveAll(data)
	o := RestoreOptions{Data: data, Clock: func() time.Time { return noon }}
	opened, err := openArchive(bytes.NewReader(backup), passphrase)
	if err != nil {
		return nil, err
	}
	sums := newDigest()
	if _, err = readHead(opened, sums, 7); err != nil {
		return nil, err
	}
	p, err := o.enter()
	require.NoError(t, err)
	_, err = p.unpack(opened, sums)
	if err == nil {
		_, err = p.settle(noon)
		require.NoError(t, err)
	}
	p.leave()
	found = map[string]string{}
	require.NoError(t, filepath.WalkDir(data, func(path string, e os.DirEntry, err error) error {
		require.NoError(t, err)
		if name, err := filepath.Rel(data, path); err == nil && !e.IsDir() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			found[name] = string(text)
		}
		return nil
	}))
	return found, err
}

func TestABackupComesBackAsItWas(t *testing.T) {
	t.Parallel()
	for _, passphrase := range []string{"", "correct horse battery staple"} {
		found, err := tried(t, written(t, goodHead(), goodEntries(), passphrase), passphrase)
		require.NoError(t, err)
		want := map[string]string{}
		for _, e := range goodEntries() {
			want[e.name] = e.text
		}
		require.Equal(t, want, found)
	}
}

func TestBackupsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := written(t, goodHead(), goodEntries(), "")
	changed := func(change func(*Head)) []byte {
		head := goodHead()
		change(&head)
		return written(t, head, goodEntries(), "")
	}
	with := func(name string) []byte {
		return written(t, goodHead(), append(goodEntries(), entries{{name, "x"}}...), "")
	}
	sealed := written(t, goodHead(), goodEntries(), "correct horse battery staple")
	for name, c := range map[string]struct {
		backup     []byte
		passphrase string
		want       error
	}{
		"empty":                  {nil, "", ErrNoBackup},
		"something else":         {[]byte("PK\x03\x04 a book"), "", ErrNoBackup},
		"another gzip":           {squeezed(t, []byte("hello")), "", ErrNoBackup},
		"another tar":            {squeezed(t, tarOf(t, &tar.Header{Name: "a", Typeflag: tar.TypeReg})), "", ErrNoBackup},
		"newer format":           {changed(func(h *Head) { h.Format++ }), "", ErrNewer},
		"newer schema":           {changed(func(h *Head) { h.Schema++ }), "", ErrNewer},
		"no format":              {changed(func(h *Head) { h.Format = 0 }), "", ErrNoBackup},
		"another machine":        {changed(func(h *Head) { h.Platform = "plan9/mips" }), "", ErrPlatform},
		"half":                   {good[:len(good)/2], "", ErrBroken},
		"without its last byte":  {good[:len(good)-1], "", ErrBroken},
		"with something behind":  {append(bytes.Clone(good), "more"...), "", ErrBroken},
		"no cluster":             {written(t, goodHead(), goodEntries()[:2], ""), "", ErrBroken},
		"a way out":              {with(clusterFolder + "../../../../out"), "", ErrBroken},
		"an absolute name":       {with("/etc/out.key"), "", ErrBroken},
		"a stranger":             {with("demo/ledger"), "", ErrBroken},
		"the same twice":         {with("link.key"), "", os.ErrExist},
		"a link":                 {linked(t), "", ErrBroken},
		"cut short, well packed": {withoutTail(t), "", ErrBroken},
		"one bit of it":          {flipped(t), "", ErrBroken},
		"sealed":                 {sealed, "", ErrEncrypted},
		"sealed otherwise":       {sealed, "incorrect horse battery", ErrWrongKey},
		"half, sealed":           {sealed[:len(sealed)/2], "correct horse battery staple", ErrBroken},
		"too much work":          {costly(t), "correct horse battery staple", ErrBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := tried(t, c.backup, c.passphrase)
			require.ErrorIs(t, err, c.want)
			require.Empty(t, found, "nothing is left")
		})
	}
}

func squeezed(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func tarOf(t *testing.T, headers ...*tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		text := h.PAXRecords["KASKAD.text"]
		h.PAXRecords, h.Size, h.Mode = nil, int64(len(text)), 0o600
		require.NoError(t, w.WriteHeader(h))
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// entryOf is a file for tarOf.
func entryOf(name, text string) *tar.Header {
	return &tar.Header{Name: name, Typeflag: tar.TypeReg, PAXRecords: map[string]string{"KASKAD.text": text}}
}

func headText(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(goodHead())
	require.NoError(t, err)
	return string(text)
}

func linked(t *testing.T) []byte {
	return squeezed(t, tarOf(t, entryOf(headName, headText(t)),
		&tar.Header{Name: clusterFolder + "pg_wal", Typeflag: tar.TypeSymlink, Linkname: "/etc"}))
}

func withoutTail(t *testing.T) []byte {
	return squeezed(t, tarOf(t, entryOf(headName, headText(t)), entryOf(clusterFolder+"PG_VERSION", "15\n")))
}

// flipped has a right tail of another content.
func flipped(t *testing.T) []byte {
	sums := newDigest()
	for _, e := range []struct{ name, text string }{{headName, headText(t)}, {clusterFolder + "PG_VERSION", "15\n"}} {
		sum := sha256.New()
		sum.Write([]byte(e.text))
		sums.add(e.name, int64(len(e.text)), sum)
	}
	tail, err := json.Marshal(Tail{Entries: sums.entries, Bytes: sums.bytes, Digest: sums.text()})
	require.NoError(t, err)
	return squeezed(t, tarOf(t, entryOf(headName, headText(t)), entryOf(clusterFolder+"PG_VERSION", "16\n"), entryOf(tailName, string(tail))))
}

// costly asks for more work than anybody does who means well.
func costly(t *testing.T) []byte {
	t.Helper()
	recipient, err := age.NewScryptRecipient("correct horse battery staple")
	require.NoError(t, err)
	var out bytes.Buffer
	sealed, err := age.Encrypt(&out, recipient)
	require.NoError(t, err)
	require.NoError(t, sealed.Close())
	return bytes.Replace(out.Bytes(), []byte(" 18\n"), []byte(" 30\n"), 1)
}

// Whatever byte is changed, and wherever it is cut: nothing but what was written comes into place.
func TestNoBrokenBackupIsTaken(t *testing.T) {
	t.Parallel()
	good := written(t, goodHead(), goodEntries(), "")
	whole, err := tried(t, good, "")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		backup := bytes.Clone(good)
		at := rapid.IntRange(0, len(good)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			backup = backup[:at]
		} else {
			backup[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		}
		if found, err := tried(t, backup, ""); err == nil {
			require.Equal(t, whole, found) // a byte that says nothing, such as the time in gzip's head
		} else {
			require.Empty(t, found)
		}
	})
}

func FuzzRestore(f *testing.F) {
	f.Add(written(f, goodHead(), goodEntries(), ""))
	f.Add(written(f, goodHead(), nil, ""))
	f.Add([]byte(ageMagic + "v1\n"))
	f.Fuzz(func(t *testing.T, backup []byte) {
		if _, err := tried(t, backup, "correct horse battery staple"); err != nil {
			require.NotEmpty(t, err.Error())
		}
	})
}

// What cannot be prepared does not come into its place, and a server that is used keeps its folder.
func TestARestoreThatFailsLateChangesNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	server, err := Start(t.Context(), Options{Dir: filepath.Join(data, serverFolder)})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "backup")
	tail, err := Backup(t.Context(), BackupOptions{Data: data, Server: server, File: file, Clock: time.Now})
	require.NoError(t, err)
	require.NotEmpty(t, tail.To)
	_, err = Backup(t.Context(), BackupOptions{Data: data, Server: server, File: file, Clock: time.Now})
	require.ErrorIs(t, err, ErrExists)
	o := RestoreOptions{File: file, Data: data, Aside: true, Clock: time.Now,
		Ready: func(context.Context, string, Head, Tail) error { return errReached }}
	_, err = Restore(t.Context(), o)
	require.ErrorIs(t, err, ErrInUse)
	require.NoError(t, server.Stop(context.Background()))

	before, err := os.ReadDir(data)
	require.NoError(t, err)
	_, err = Restore(t.Context(), o)
	require.ErrorIs(t, err, errReached)
	o.Ready = func(context.Context, string, Head, Tail) error { return nil }
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(int64, int64) { cancel() }
	_, err = Restore(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	after, err := os.ReadDir(data)
	require.NoError(t, err)
	require.Len(t, after, len(before), "nothing is left: %v", after)

	o.Progress = nil
	r, err := Restore(t.Context(), o)
	require.NoError(t, err)
	require.DirExists(t, filepath.Join(r.Aside, serverFolder, "data"))
	require.FileExists(t, filepath.Join(data, clusterFolder, "PG_VERSION"))
}

// A backup that is given up leaves nothing, and the server goes on.
func TestABackupThatIsGivenUp(t *testing.T) {
	t.Parallel()
	data, backups := t.TempDir(), t.TempDir()
	server, err := Start(t.Context(), Options{Dir: filepath.Join(data, serverFolder)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Backup(ctx, BackupOptions{Data: data, Server: server, File: filepath.Join(backups, "a"), Clock: time.Now,
		Progress: func(int64, int64) { cancel() }})
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(backups)
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, ask(t.Context(), server.URL()))
}
