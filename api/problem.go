package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"kaskad/api/page"
)

// problem is an error as machines read it, RFC 9457.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitempty"`
	Instance string `json:"instance,omitempty"`
}

// writeProblem answers with a problem and ends the request.
func writeProblem(c *gin.Context, status int, detail string) {
	c.Abort()
	body, err := json.Marshal(problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail,
		Instance: c.Request.URL.Path})
	if err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(status, "application/problem+json", body)
}

// wantsJSON tells whether who asks is a program: it asks for the API, or for JSON and not for a page.
func wantsJSON(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// site is what all routes that answer people share.
type site struct {
	pages *page.Pages
	log   logger
	app   bool // the web application is there
}

// refuse answers with a notice, or with a problem for programs.
func (s *site) refuse(c *gin.Context, status int, notice page.Notice, detail string) {
	if wantsJSON(c.Request) {
		writeProblem(c, status, detail)
		return
	}
	c.Abort()
	body, err := s.pages.Notice(languageOf(c), notice)
	if err != nil {
		s.log.Error("a notice could not be drawn", "error", err)
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Header("Cache-Control", "no-store")
	html(c, status, body)
}

func (s *site) missing(c *gin.Context) {
	s.refuse(c, http.StatusNotFound, page.MissingPage, "There is nothing at this address.")
}

func (s *site) notAllowed(c *gin.Context) {
	writeProblem(c, http.StatusMethodNotAllowed, "The header Allow lists the methods of this address.")
}

// asset serves a file of the pages. Their address has its mark, so what has it may be kept for ever.
func (s *site) asset(c *gin.Context) {
	a, ok := s.pages.Asset(c.Param("file"))
	if !ok {
		s.missing(c)
		return
	}
	keep := "no-cache"
	if c.Query("v") == a.Mark {
		keep = "public, max-age=31536000, immutable"
	}
	tag := `"` + a.Mark + `"`
	c.Header("Cache-Control", keep)
	c.Header("ETag", tag)
	if c.GetHeader("If-None-Match") == tag {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, a.Type, a.Content)
}

func html(c *gin.Context, status int, body []byte) {
	c.Header("Content-Language", languageOf(c))
	c.Writer.Header().Add("Vary", "Accept-Language")
	c.Data(status, "text/html; charset=utf-8", body)
}

func languageOf(c *gin.Context) string {
	return page.ChooseLanguage(c.Query("lang"), c.GetHeader("Accept-Language"))
}
