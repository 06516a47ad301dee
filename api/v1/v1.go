// Package v1 is the HTTP interface under /api/v1: one file a resource. It declares what it needs of the rest as
// interfaces, and knows no database. Every operation is made by handle, which knows who asks, what that one may do, how
// large a body may be, and how an error is told.
package v1

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"kaskad/engine/ids"
)

// Base is where everything of this package lives.
const Base = "/api/v1"

// Version is the interface's own, told in its document.
const Version = "1.0.0"

// Options are the parts behind the interface. All are needed, but Document makes do with none.
type Options struct {
	Clock func() time.Time
	NewID func() ids.ID
	Log   *slog.Logger
	// BaseURL is how browsers reach us, such as https://kaskad.example: one-time links begin with it, and the cookie is for
	// https alone where it says so.
	BaseURL string
	Parts
}

// Parts are what the resources work with, one interface each, declared in the resource's file.
type Parts struct {
	Entrance Entrance
	Sessions Sessions
	People   People
	Tokens   Tokens
	Accounts Accounts
	Repeat   Repeats
	Tasks    Tasks
	Imports  Imports
	Exports  Exports

	Schemes Schemes
	Files   Files

	Campaigns Campaigns
	Entries   Entries

	Contacts   Contacts
	Groups     Groups
	Attributes Attributes
	Consents   Consents
	Stops      Stops
	Numbering  Numbering
}

// API is the interface, mounted.
type API struct {
	Options
	huma  huma.API
	words words
	cross *http.CrossOriginProtection
}

// secure tells whether browsers reach us by https.
func (a *API) secure() bool { return strings.HasPrefix(a.BaseURL, "https:") }

// Mount adds all routes to an engine.
func Mount(e *gin.Engine, o Options) (*API, error) {
	tellHuma()
	words, err := loadWords()
	if err != nil {
		return nil, err
	}
	a := &API{Options: o, words: words, cross: http.NewCrossOriginProtection()}
	if o.BaseURL != "" {
		// Behind a proxy the request may name another host than the browser knows.
		u, err := url.Parse(o.BaseURL)
		if err == nil {
			err = a.cross.AddTrustedOrigin(u.Scheme + "://" + u.Host)
		}
		if err != nil {
			return nil, fmt.Errorf("v1: the base URL: %w", err)
		}
	}
	a.huma = humagin.New(e, configuration())
	a.register()
	return a, nil
}

// register adds the resources; each has a line here and a file of its own.
func (a *API) register() {
	a.registerSession()
	a.registerUsers()
	a.registerTokens()
	a.registerAccount()
	a.registerTasks()
	a.registerImports()
	a.registerExports()
	a.registerCampaigns()
	a.registerEntries()
	a.registerSchemes()
	a.registerFiles()
	a.registerContacts()
	a.registerGroups()
	a.registerAttributes()
	a.registerConsents()
	a.registerStops()
	a.registerNumbering()
}

// configuration is huma's, with JSON alone and without pages from a CDN.
func configuration() huma.Config {
	c := huma.DefaultConfig("Kaskad", Version)
	c.Info.Description = "Cascade messaging campaigns: schemes, people, campaigns, and what came of them."
	c.Servers = []*huma.Server{{URL: "/"}}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks, c.Transformers = nil, nil
	c.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	c.DefaultFormat = "application/json"
	c.RejectUnknownQueryParameters = true
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", namer())
	knowTypes(c.Components.Schemas)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: SessionCookie, Description: "A session, begun by signing in."},
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token with scopes."},
	}
	return c
}

// SessionCookie is the name of the cookie that holds a session's secret.
const SessionCookie = "kaskad_session"

// Document is the OpenAPI document, as JSON.
func (a *API) Document() ([]byte, error) {
	text, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	return append(text, '\n'), err
}

//go:generate go run ./document ../openapi.json

// Document is the document of an interface without anything behind it.
func Document() ([]byte, error) {
	// The mode is gin's only switch for its own printing.
	gin.SetMode(gin.ReleaseMode)
	a, err := Mount(gin.New(), Options{Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return a.Document()
}
