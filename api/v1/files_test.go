package v1_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	domain "kaskad/engine/files"
	"kaskad/engine/ids"
	"kaskad/engine/library"
	"kaskad/engine/paging"
	"kaskad/engine/store/files"
)

func (w *world) wireFiles() {
	kept, err := files.New(w.store.Desk(), w.clock.now, w.newID)
	require.NoError(w, err)
	w.parts.Files = kept
}

// png is the least that is taken for a picture, wav for a sound.
const (
	png = "\x89PNG\r\n\x1a\n1234"
	wav = "RIFF\x24\x00\x00\x00WAVEfmt 0123456789"
)

func (c *client) file(name, content string, want int) answer {
	c.Helper()
	return c.with("Content-Type", "application/octet-stream").post("/files?name="+url.QueryEscape(name), content, want)
}

func TestAFileIsBroughtPlayedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	f := into[domain.File](me.file("Привет.mp3", wav, 201))
	require.Equal(t, domain.File{ID: f.ID, Name: "Привет.wav", Kind: domain.Audio, Type: "audio/wav", Size: int64(len(wav)), Digest: f.Digest,
		MadeBy: "marketer", MadeAt: f.MadeAt}, f)
	require.Equal(t, f, into[domain.File](me.file("again.wav", wav, 200)), "kept once")
	at := "/files/" + f.ID.String()
	require.Equal(t, f, into[domain.File](me.get(at, 200)))
	got := w.as(access.Analyst).get(at+"/content", 200)
	require.Equal(t, wav, string(got.body))
	for name, want := range map[string]string{"Content-Type": "audio/wav", "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=3600",
		"Content-Disposition": "inline; filename*=utf-8''%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82.wav"} {
		require.Equal(t, want, got.header.Get(name), name)
	}
	part := me.with("Range", "bytes=8-11").get(at+"/content", 206)
	require.Equal(t, "WAVE", string(part.body))
	require.Equal(t, "bytes 8-11/26", part.header.Get("Content-Range"))
	me.with("Range", "bytes=900-").get(at+"/content", 416)
	require.Empty(t, me.with("If-None-Match", got.header.Get("ETag")).get(at+"/content", 304).body)
	me.file("b.png", png, 201)
	page := into[paging.Page[domain.File]](me.get("/files?sort=name&limit=1", 200))
	require.Equal(t, "b.png", page.Items[0].Name)
	page = into[paging.Page[domain.File]](me.get("/files?sort=name&limit=1&cursor="+page.Next, 200))
	require.Equal(t, []domain.File{f}, page.Items)
	require.Empty(t, page.Next)
	require.Len(t, into[paging.Page[domain.File]](me.get("/files?kind=picture", 200)).Items, 1)
	require.Empty(t, into[paging.Page[domain.File]](w.other.get("/files", 200)).Items)
	w.other.get(at+"/content", 404).says("file_not_found", "path.upload")
	w.as(access.Analyst).delete(at, 403)
	me.delete(at, 204)
	me.get(at, 404).says("file_not_found", "path.upload")
	require.EqualValues(t, 1, w.db.Count("SELECT count(*) FROM audit WHERE what = 'file.deleted' AND object_id = $1", int64(f.ID)))
}

func TestAFormBringsAFileToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "hello.wav")
	require.NoError(t, err)
	_, err = part.Write([]byte(wav))
	require.NoError(t, err)
	require.NoError(t, form.Close())
	f := into[domain.File](w.owner.with("Content-Type", form.FormDataContentType()).post("/files", body.Bytes(), 201))
	require.Equal(t, "hello.wav", f.Name)
	key := w.owner.with("Idempotency-Key", "k1")
	first := key.file("c.png", png, 201)
	require.JSONEq(t, string(first.body), string(key.file("c.png", png, 201).body))
}

func TestWhatIsNoSoundAndNoPictureIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.owner
	me.file("a.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, 415).says("file_kind", "body")
	me.file("a.png", "", 422).says("file_empty", "body")
	p := me.russian().file("a.png", png+strings.Repeat("x", domain.MaxPicture), 413).says("file_too_large", "body")
	require.Contains(t, p.Errors[0].Message, "больше 5 МиБ")
	me.file("a.wav", wav+strings.Repeat("x", domain.MaxAudio), 413).says("file_too_large", "body")
	me.with("Content-Type", "multipart/form-data; boundary=x").post("/files", "--x--\r\n", 422).says("no_file", "body.file")
}

// spoken is a document whose call plays a file.
func spoken(audio string) object {
	return object{"kind": "cascade", "name": "Звонок", "nodes": []object{
		{"id": "c", "type": "voice", "config": object{"sender": "SHOP", "audio": audio}},
		{"id": "g", "type": "goal", "config": object{}}}, "links": []object{{"id": "1", "from": "c", "to": "g", "type": "status", "value": "answered"}}}
}

func TestASchemeNamesItsFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	w.other.file("привет.wav", wav, 201)
	id := me.newScheme(spoken("привет.wav")).ID
	draft := into[v1.DraftCheckup](me.russian().get(schemeAt(id, "/draft"), 200))
	require.Equal(t, "bad_config", string(draft.Findings[0].Code))
	require.Equal(t, "/nodes/0/config/audio", draft.Findings[0].Field)
	require.Equal(t, "Файла «привет.wav» в аккаунте нет: выберите другой или загрузите его.", draft.Findings[0].Message)
	require.Len(t, into[v1.Checkup](me.get(schemeAt(id, "/findings"), 200)).Findings, len(draft.Findings))
	publish := me.with("If-Match", `"1"`)
	refusal := publish.post(schemeAt(id, "/publish"), object{}, 409)
	refusal.says("scheme_has_errors", "")
	require.Contains(t, string(refusal.body), "/nodes/0/config/audio")
	me.file("привет.png", png, 201)
	wrong := me.newScheme(spoken("привет.png")).ID
	require.Contains(t, string(publish.post(schemeAt(wrong, "/publish"), object{}, 409).body), "is a picture")
	f := me.file("привет.wav", wav, 201).made()
	used := me.delete("/files/"+f.String(), 409).says("file_used", "path.upload")
	require.Contains(t, used.Errors[0].Message, "Звонок", "a draft")
	publish.post(schemeAt(id, "/publish"), object{}, 201)
	edited := into[library.Draft](me.with("If-Match", `"1"`).put(schemeAt(id, "/draft"), object{"document": spoken("https://shop.example/a.mp3")}, 200))
	require.EqualValues(t, 2, edited.Revision.Revision)
	me.delete("/files/"+f.String(), 409).says("file_used", "path.upload")
	me.with("If-Match", `"2"`).post(schemeAt(id, "/publish"), object{}, 201)
	me.delete("/files/"+f.String(), 409).says("file_used", "path.upload")
}

func TestTheSampleBookIsOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Marketer)
	i := into[audience.Import](me.post("/imports/sample", nil, 201))
	require.Equal(t, "sample.csv", i.Name)
	require.NotEqual(t, ids.ID(0), i.ID)
	_, result := me.started(i.ID)
	require.Equal(t, 9500, result.Added)
	w.as(access.Analyst).ask(http.MethodPost, "/imports/sample", nil, 403)
}
