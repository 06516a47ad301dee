package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaskad/api/page"
	"kaskad/api/v1"
)

// openOffice mounts the interface under /api/v1, with its document and the page that is made of it.
func (s *site) openOffice(e *gin.Engine, o v1.Options) error {
	office, err := v1.Mount(e, o)
	if err != nil {
		return err
	}
	document, err := office.Document()
	if err != nil {
		return err
	}
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, v1.Base+"/openapi.json", whole("application/json", func(*gin.Context) []byte { return document }))
	drawn := map[string][]byte{}
	for _, lang := range page.Languages() {
		if drawn[lang], err = s.pages.Reference(lang, document, v1.Base+"/openapi.json"); err != nil {
			return err
		}
	}
	e.Match(read, v1.Base+"/docs", whole("text/html; charset=utf-8", func(c *gin.Context) []byte {
		c.Header("Content-Language", languageOf(c))
		c.Header("Vary", "Accept-Language")
		return drawn[languageOf(c)]
	}))
	return nil
}

// whole answers with what never changes while the process runs.
func whole(kind string, content func(*gin.Context) []byte) gin.HandlerFunc {
	return func(c *gin.Context) {
		body := content(c)
		sum := sha256.Sum256(body)
		tag := `"` + hex.EncodeToString(sum[:8]) + `"`
		c.Header("ETag", tag)
		c.Header("Cache-Control", "no-cache")
		if c.GetHeader("If-None-Match") == tag {
			c.Status(http.StatusNotModified)
			return
		}
		c.Data(http.StatusOK, kind, body)
	}
}
