package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"kaskad/api/page"
	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/fault"
)

// visitor is the key of a request's principal.
const visitor = "kaskad/visitor"

// gate lets signed-in people to pages, and scrapers to the metrics.
type gate struct {
	*site
	people       v1.Gate
	metricsToken string
}

// signedIn lets on who has signed in and may see reports; others are led to the page where one signs in.
func (g *gate) signedIn(c *gin.Context) {
	who, err := g.session(c.Request)
	var f *fault.Error
	switch {
	case err == nil && who.May(access.ReadReports):
		c.Set(visitor, who)
		c.Next()
	case err == nil:
		g.refuse(c, http.StatusForbidden, page.NotAllowed, "This needs the permission reports:read.")
	case !errors.As(err, &f):
		g.log.Error("a session could not be read", "error", err)
		g.refuse(c, http.StatusServiceUnavailable, page.Away, "Sessions cannot be read now; try again later.")
	case c.FullPath() != "/" || wantsJSON(c.Request):
		writeProblem(c, http.StatusUnauthorized, "Sign in first.")
	default:
		c.Abort()
		c.Header("Cache-Control", "no-store")
		c.Redirect(http.StatusSeeOther, signInAddress(c.Request.URL))
	}
}

// signInAddress leads back to where somebody wanted to go.
func signInAddress(wanted *url.URL) string {
	values := url.Values{}
	if next := wanted.RequestURI(); next != "/" && len(next) < 1000 {
		values.Set("next", next)
	}
	if lang := wanted.Query().Get("lang"); lang != "" && len(lang) < 10 {
		values.Set("lang", lang)
	}
	if len(values) == 0 {
		return "/sign-in"
	}
	return "/sign-in?" + values.Encode()
}

func (g *gate) session(r *http.Request) (*access.Principal, error) {
	cookie, err := r.Cookie(v1.SessionCookie)
	if err != nil || cookie.Value == "" {
		return nil, fault.New(fault.Unknown, "sign_in", "")
	}
	return g.people.Session(r.Context(), cookie.Value)
}

// visitorOf is who signedIn has let on.
func visitorOf(c *gin.Context) *access.Principal {
	who, _ := c.Value(visitor).(*access.Principal)
	return who
}

// scraper lets on who asks from this machine itself, or has the token for metrics, or an API token that may read settings.
func (g *gate) scraper(c *gin.Context) {
	if ownMachine(c.Request) {
		c.Next()
		return
	}
	token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if ok && g.metricsToken != "" && same(token, g.metricsToken) {
		c.Next()
		return
	}
	if ok && g.people != nil {
		who, err := g.people.Token(c.Request.Context(), token)
		if err == nil && who.May(access.ReadSettings) {
			c.Next()
			return
		}
	}
	c.Header("WWW-Authenticate", `Bearer realm="metrics"`)
	writeProblem(c, http.StatusUnauthorized, "From elsewhere the metrics need an API token with the scope settings:read, or KASKAD_METRICS_TOKEN.")
}

// ownMachine tells whether a request comes from this machine, and not through a proxy on it.
func ownMachine(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// same compares in a time that tells nothing.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// signIn is the page where one signs in, or uses a one-time link.
func (s *site) signIn(c *gin.Context) {
	next := c.Query("next")
	if next == "" && s.app && c.Query("code") != "" { // whoever has just come begins at work
		next = appBase + "/"
	}
	body, err := s.pages.SignIn(languageOf(c), next)
	if err != nil {
		s.log.Error("the page to sign in could not be drawn", "error", err)
		s.refuse(c, http.StatusInternalServerError, page.Broken, "The page could not be drawn.")
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Referrer-Policy", "no-referrer") // the address may hold a one-time code
	html(c, http.StatusOK, body)
}
