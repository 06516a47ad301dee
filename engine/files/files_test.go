package files_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaskad/engine/fault"
	"kaskad/engine/files"
	"kaskad/engine/ids"
	"kaskad/engine/scheme"
)

const (
	png  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	mp3  = "\xff\xfb\x90\x00rest"
	wav  = "RIFF\x24\x00\x00\x00WAVEfmt "
	webm = "\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\x86\x86A_OPUS"
	mp4  = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00hdlr\x00\x00\x00\x00\x00\x00\x00\x00soun"
)

func TestTheContentSaysWhatAFileIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content, kind string
	}{
		"png": {png, "image/png"}, "jpeg": {"\xff\xd8\xff\xe0..JFIF", "image/jpeg"}, "gif": {"GIF89a\x01\x00", "image/gif"},
		"webp": {"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"}, "wav": {wav, "audio/wav"}, "mp3": {mp3, "audio/mpeg"},
		"mp3 with a tag": {"ID3\x04\x00\x00\x00\x00\x00\x04abcd" + mp3, "audio/mpeg"},
		"opus":           {"OggS\x00\x02........OpusHead", "audio/ogg"}, "vorbis": {"OggS\x00\x02........\x01vorbis", "audio/ogg"},
		"webm": {webm, "audio/webm"}, "m4a": {mp4, "audio/mp4"},
		"svg": {`<svg xmlns="http://www.w3.org/2000/svg"/>`, ""}, "html": {"<!doctype html><script>1</script>", ""},
		"video in ogg": {"OggS\x00\x02...\x80theora...\x01vorbis", ""}, "video in webm": {webm + "V_VP8", ""},
		"video in mp4": {mp4 + "hdlr\x00\x00\x00\x00\x00\x00\x00\x00vide", ""}, "a tag with nothing": {"ID3\x04\x00\x00\x00\x00\x00\x04", ""},
		"a tag of a wrong size": {"ID3\x04\x00\x00\xff\xff\xff\xff" + mp3, ""}, "layer II": {"\xff\xfd\x90\x00rest", ""},
		"another riff": {"RIFF\x24\x00\x00\x00AVI LIST", ""}, "text": {"hello", ""}, "half a head": {"\x89PN", ""},
	} {
		form, err := files.Check([]byte(c.content))
		require.Equal(t, c.kind, form.Type, name)
		if c.kind == "" {
			requireFault(t, err, "file_kind")
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, strings.HasPrefix(c.kind, "audio"), form.Kind == files.Audio, name)
	}
	_, err := files.Check(nil)
	requireFault(t, err, "file_empty")
}

func requireFault(t *testing.T, err error, code string) {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f, "%v", err)
	require.Equal(t, code, f.Code)
}

func TestFilesAreBounded(t *testing.T) {
	t.Parallel()
	of := func(begin string, size int) []byte { return append([]byte(begin), make([]byte, size-len(begin))...) }
	_, err := files.Check(of(png, files.MaxPicture))
	require.NoError(t, err)
	_, err = files.Check(of(png, files.MaxPicture+1))
	requireFault(t, err, "file_too_large")
	_, err = files.Check(of(wav, files.MaxAudio))
	require.NoError(t, err)
	_, err = files.Check(of(wav, files.MaxAudio+1))
	requireFault(t, err, "file_too_large")
	require.NoError(t, files.Room(files.MaxAccount-5, 5))
	requireFault(t, files.Room(files.MaxAccount-5, 6), "files_full")
}

func TestNamesAreMadeClean(t *testing.T) {
	t.Parallel()
	audio, err := files.Check([]byte(mp3))
	require.NoError(t, err)
	for name, want := range map[string]string{
		"Привет.mp3": "Привет.mp3", `C:\звук\a b.MP3`: "a b.mp3", "../../etc/passwd": "passwd.mp3", "": "audio.mp3", "..": "audio.mp3",
		"note.wav": "note.mp3", "v1.2 final": "v1.2 final.mp3", "a\x00b\n.mp3": "a b.mp3", `say "hi" <b>?.mp3`: "say hi b.mp3",
		"\xff\xfe.mp3": "audio.mp3", strings.Repeat("я", 300): strings.Repeat("я", 96) + ".mp3", "https://a.example/x.mp3?a=1": "x.mp3 a=1.mp3",
	} {
		require.Equal(t, want, files.CleanName(name, audio), "%q", name)
	}
	require.Equal(t, "a (2).mp3", files.Numbered("a.mp3", 2))
	require.Equal(t, 100, utf8.RuneCountInString(files.Numbered(strings.Repeat("я", 96)+".mp3", 12)))
}

// Whatever a file was called: its name is short, no address, and the same when it is cleaned again.
func TestEveryNameCanStandInAScheme(t *testing.T) {
	t.Parallel()
	audio, err := files.Check([]byte(mp3))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		name := files.CleanName(rapid.String().Draw(t, "name"), audio)
		require.LessOrEqual(t, utf8.RuneCountInString(name), files.MaxName)
		require.NotEqual(t, ".mp3", name)
		require.False(t, strings.ContainsAny(name, "/\\:?#\"<>\x00\n"))
		require.Error(t, scheme.CheckAddress(name))
		require.Equal(t, name, files.CleanName(name, audio))
	})
}

func TestAddressesAreReadAgainAndNotGuessed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := &files.Addresses{Base: "https://k.example/f/", Secret: []byte("secret")}
		account, name := ids.ID(rapid.Int64Min(1).Draw(t, "account")), rapid.String().Draw(t, "name")
		token, ok := strings.CutPrefix(a.Of(account, name), a.Base)
		require.True(t, ok)
		require.Regexp(t, `^[A-Za-z0-9_-]{20,48}$`, token)
		who, mark, err := a.Read(token)
		require.NoError(t, err)
		require.Equal(t, account, who)
		require.Equal(t, files.Mark(name), mark)
		bent := []byte(token)
		i := rapid.IntRange(0, len(bent)-1).Draw(t, "place")
		if bent[i]++; string(bent) != token {
			_, _, err = a.Read(string(bent))
			require.ErrorIs(t, err, files.ErrToken)
		}
		_, _, err = (&files.Addresses{Secret: []byte("other")}).Read(token)
		require.ErrorIs(t, err, files.ErrToken)
	})
}

func FuzzRead(f *testing.F) {
	a := &files.Addresses{Secret: []byte("secret")}
	f.Add(a.Of(1, "a.mp3"))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		account, mark, err := a.Read(token)
		if err != nil {
			require.ErrorIs(t, err, files.ErrToken)
			return
		}
		require.Positive(t, account)
		require.Len(t, mark, 12)
	})
}

func FuzzCheck(f *testing.F) {
	for _, content := range []string{png, mp3, wav, webm, mp4, "", "ID3\x04\x00\x00\x00\x00\x7f\x7f"} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		form, err := files.Check(content)
		if err == nil {
			require.NotEmpty(t, form.Type)
			require.NotEmpty(t, files.CleanName("x", form))
		}
	})
}

func TestUsesOfFiles(t *testing.T) {
	t.Parallel()
	types := scheme.NewTypes(scheme.Type{Name: "voice", Fields: []scheme.Field{{Name: "text", Kind: scheme.FieldText},
		{Name: "audio", Kind: scheme.FieldAudio}}}, scheme.Type{Name: "viber", Fields: []scheme.Field{{Name: "image", Kind: scheme.FieldPicture}}})
	uses := files.Uses([]byte(`{"nodes":[{"id":"a","type":"voice","config":{"text":"x.mp3","audio":"b.mp3"}},
		{"id":"b","type":"viber","config":{"image":"https://a.example/x.png"}},{"id":"c","type":"viber","config":{"image":7}},
		{"id":"d","type":"viber","config":{"image":"a.png"}},{"id":"e","type":"else","config":{"image":"a.png"}},
		{"id":"f","type":"voice","config":{"audio":"b.mp3"}},{"id":"g","type":"voice","config":{"audio":""}}]}`), types)
	require.Equal(t, []files.Use{{Node: "a", Field: "/nodes/0/config/audio", Name: "b.mp3", Kind: files.Audio},
		{Node: "d", Field: "/nodes/3/config/image", Name: "a.png", Kind: files.Picture},
		{Node: "f", Field: "/nodes/5/config/audio", Name: "b.mp3", Kind: files.Audio}}, uses)
	require.Equal(t, []string{"a.png", "b.mp3"}, files.Names(uses))
	require.Empty(t, files.Uses([]byte(`{"nodes":7}`), types))
	require.Empty(t, files.Names(nil))
	require.Equal(t, []string{`"я😀.mp3"`, `"\u044f\ud83d\ude00.mp3"`}, files.Written("я😀.mp3"))
}

// The words of the faults are in both catalogues of the interface.
func TestEveryFaultHasWords(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range paths {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`fault\.New\(fault\.\w+, "(\w+)"`).FindAllSubmatch(source, -1) {
			for _, language := range []string{"en", "ru"} {
				words, err := os.ReadFile(filepath.Join("..", "..", "api", "v1", "text", "files."+language+".json"))
				require.NoError(t, err)
				require.Contains(t, string(words), `"`+string(m[1])+`":`)
			}
		}
	}
}
