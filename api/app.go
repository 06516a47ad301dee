package api

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"kaskad/api/page"
)

// appBase is where the application lives.
const appBase = "/app"

// The application's styles: those of files, and those that its scripts add with the page's nonce. The rest is as for all pages.
const appPolicy = policy + "; style-src 'self' 'nonce-%s'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'"

// nonceMark is the place in index.html where the nonce goes.
const nonceMark = `<meta name="kaskad-nonce" content=""`

// application serves the web application: its page for every address of its own, and its files.
type application struct {
	*site
	files fs.FS
	// page is index.html in two parts, between which the nonce goes; empty where the application has not been built.
	before, after []byte
	small         shrunk
}

// openApplication mounts the application.
func (s *site) openApplication(e *gin.Engine, files fs.FS) error {
	a := &application{site: s, files: files, small: shrunk{files: map[string][]byte{}}}
	index, err := fs.ReadFile(files, "index.html")
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("api: the application's page: %w", err)
	default:
		before, after, ok := bytes.Cut(index, []byte(nonceMark))
		if !ok {
			return errors.New("api: the application's index.html has no meta tag kaskad-nonce")
		}
		a.before, a.after = slices.Concat(before, []byte(nonceMark[:len(nonceMark)-1])), append([]byte{'"'}, after...)
	}
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, appBase, a.home)
	e.Match(read, appBase+"/*place", a.serve)
	return nil
}

func (a *application) home(c *gin.Context) { c.Redirect(http.StatusSeeOther, appBase+"/") }

// serve gives a built file, or the page: which screen an address means, the application itself knows.
func (a *application) serve(c *gin.Context) {
	place := strings.TrimPrefix(c.Param("place"), "/")
	switch {
	case strings.HasPrefix(place, "assets/"):
		a.file(c, place)
	case wantsJSON(c.Request):
		a.missing(c)
	default:
		a.page(c)
	}
}

// file gives a built file. Its name holds a mark of its content, so browsers may keep it for ever.
func (a *application) file(c *gin.Context, place string) {
	if !fs.ValidPath(place) {
		a.missing(c)
		return
	}
	content, err := fs.ReadFile(a.files, place)
	if err != nil {
		a.missing(c)
		return
	}
	kind := mime.TypeByExtension(path.Ext(place))
	if kind == "" {
		kind = "application/octet-stream"
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Header("Vary", "Accept-Encoding")
	if small := a.small.of(place, content); small != nil && takesGzip(c.GetHeader("Accept-Encoding")) {
		c.Header("Content-Encoding", "gzip")
		content = small
	}
	c.Data(http.StatusOK, kind, content)
}

// page gives the application's page, with a nonce of its own each time.
func (a *application) page(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	if a.before == nil {
		a.refuse(c, http.StatusNotFound, page.NotBuilt, "The application is not built into this program: make build.")
		return
	}
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		a.refuse(c, http.StatusInternalServerError, page.Broken, "The page could not be drawn.")
		return
	}
	nonce := base64.RawURLEncoding.EncodeToString(raw[:])
	c.Header("Content-Security-Policy", fmt.Sprintf(appPolicy, nonce))
	c.Header("Permissions-Policy", "microphone=(self), camera=(), geolocation=()") // voices are recorded
	c.Data(http.StatusOK, "text/html; charset=utf-8", bytes.Join([][]byte{a.before, a.after}, []byte(nonce)))
}
