package api

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaskad/api/page"
	"kaskad/api/v1"
	"kaskad/engine/fault"
	"kaskad/engine/files"
	"kaskad/engine/ids"
)

// PublicFiles reads files by what their public addresses say.
type PublicFiles interface {
	// Fetch begins to read; the error is a fault of the kind NotFound where there is no such file.
	Fetch(ctx context.Context, account ids.ID, mark []byte) (files.File, io.ReadSeeker, error)
}

// fetcher gives files to providers, who do not sign in: the address itself is the permission.
type fetcher struct {
	*site
	files     PublicFiles
	addresses *files.Addresses
}

func (f *fetcher) fetch(c *gin.Context) {
	c.Header("X-Robots-Tag", "noindex, nofollow")
	c.Header("Referrer-Policy", "no-referrer")
	account, mark, err := f.addresses.Read(c.Param("token"))
	if err != nil {
		f.refuse(c, http.StatusNotFound, page.MissingLink, "There is no such file.")
		return
	}
	file, content, err := f.files.Fetch(c.Request.Context(), account, mark)
	var known *fault.Error
	switch {
	case errors.As(err, &known) && known.Kind == fault.NotFound:
		f.refuse(c, http.StatusNotFound, page.MissingLink, "There is no such file.")
	case err != nil:
		f.log.Warn("a file could not be read", "account", account, "error", err)
		c.Header("Retry-After", "30")
		f.refuse(c, http.StatusServiceUnavailable, page.Away, "The file cannot be read right now.")
	default:
		c.Header("Cache-Control", "public, max-age=3600")
		c.Header("Cross-Origin-Resource-Policy", "cross-origin") // previews of providers show it
		v1.ServeFile(c.Writer, c.Request, &file, content)
	}
}
