package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"

	"kaskad/api/v1"
	"kaskad/engine/access"
	"kaskad/engine/expression"
	identity "kaskad/engine/ids"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/campaigns"
	"kaskad/engine/store/contacts"
	"kaskad/engine/store/exports"
	"kaskad/engine/store/files"
	"kaskad/engine/store/imports"
	"kaskad/engine/store/schemes"
	"kaskad/engine/store/tasks"
)

// office is what people and programs work with through the interface.
type office struct {
	d     *database
	log   *slog.Logger
	ids   *ids
	parts v1.Parts
	hurry int // of campaigns that are made: a demonstration

	accounts  *accounts.Store
	door      *access.Door
	tasks     *tasks.Store
	contacts  *contacts.Store
	campaigns *campaigns.Store
	files     *files.Store
}

// openOffice puts the parts of the interface together, area by area. Close ends it.
func openOffice(ctx context.Context, d *database, hurry int, log *slog.Logger) (*office, error) {
	o := &office{d: d, log: log, ids: &ids{}, hurry: hurry}
	if err := o.openAccess(); err != nil {
		return nil, err
	}
	for _, open := range []func(context.Context) error{o.openTasks, o.openContacts, o.openImports, o.openSchemes, o.openCampaigns} {
		if err := open(ctx); err != nil {
			o.close()
			return nil, err
		}
	}
	return o, nil
}

func (o *office) close() {
	if o.tasks != nil {
		o.tasks.Close()
	}
}

func (o *office) newID() identity.ID { return identity.ID(o.ids.next()) }

// openAccess lets people in. Half of the processors are left for others while passwords are checked.
func (o *office) openAccess() error {
	store, err := accounts.New(o.d.Desk(), now, o.newID)
	if err != nil {
		return err
	}
	passwords, err := access.NewPasswords(*argon2id.DefaultParams, runtime.NumCPU()/2)
	if err != nil {
		return err
	}
	o.accounts = store
	o.door = &access.Door{Keeper: store, Passwords: passwords, Clock: now, Random: rand.Reader}
	o.parts.Entrance, o.parts.Sessions, o.parts.People = o.door, store, store
	o.parts.Tokens, o.parts.Accounts, o.parts.Repeat = store, store, store
	return nil
}

func (o *office) openTasks(ctx context.Context) error {
	store, err := tasks.New(ctx, o.d.Desk(), tasks.Options{Clock: now, NewID: o.newID, Log: o.log})
	o.tasks, o.parts.Tasks = store, store
	return err
}

func (o *office) openContacts(context.Context) error {
	store, err := contacts.New(o.d.Desk(), contacts.Options{Parse: expression.ParseFilter, Clock: now, NewID: o.newID,
		Tasks: o.tasks})
	if err != nil {
		return err
	}
	o.contacts = store
	o.tasks.Register(contacts.FillKind, store.FillGroup)
	o.tasks.Register(contacts.DropAttributeKind, store.DropAttribute)
	o.parts.Contacts, o.parts.Groups, o.parts.Attributes, o.parts.Consents, o.parts.Stops, o.parts.Numbering = store, store, store, store,
		store, store
	return nil
}

func (o *office) openImports(context.Context) error {
	store, err := imports.New(o.d.Desk(), imports.Options{Clock: now, NewID: o.newID, Tasks: o.tasks, Stops: o.contacts})
	if err != nil {
		return err
	}
	o.parts.Imports = store
	o.parts.Exports, err = exports.New(o.d.Desk(), exports.Options{Clock: now, Tasks: o.tasks, People: o.contacts})
	return err
}

func (o *office) openSchemes(context.Context) error {
	store, err := schemes.New(o.d.Desk(), now, o.newID)
	o.parts.Schemes = store
	if err == nil {
		o.files, err = files.New(o.d.Desk(), now, o.newID)
		o.parts.Files = o.files
	}
	return err
}

func (o *office) openCampaigns(context.Context) error {
	store, err := campaigns.New(campaigns.Options{Store: o.d.Store, Select: o.contacts, Zones: o.contacts, Takers: o.contacts, Tasks: o.tasks,
		Compile: compileScheme, NewID: o.newID, Seed: mathrand.Uint64, Connections: []string{demoConnection},
		Hurry: o.hurry})
	if err != nil {
		return err
	}
	o.tasks.Register(campaigns.LaunchTask, func(ctx context.Context, r *tasks.Run) (any, error) { return store.RunLaunch(ctx, r) })
	o.tasks.Register(campaigns.EstimateTask, func(ctx context.Context, r *tasks.Run) (any, error) { return store.RunEstimate(ctx, r) })
	o.tasks.Register(campaigns.ExportTask, func(ctx context.Context, r *tasks.Run) (any, error) { return store.RunExport(ctx, r) })
	o.campaigns, o.parts.Campaigns, o.parts.Entries = store, store, store
	return nil
}

// options are those of the interface, for browsers that reach it at base.
func (o *office) options(base string) *v1.Options {
	return &v1.Options{Clock: now, NewID: o.newID, Log: o.log, BaseURL: base, Parts: o.parts}
}

// tidyEvery is how often what is over is forgotten, repeatEvery how often repeated campaigns are looked at.
const (
	tidyEvery   = time.Hour
	repeatEvery = 5 * time.Second
)

// work does the tasks, and forgets what is over, until ctx ends.
func (o *office) work(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- o.tasks.Work(ctx) }()
	repeated := make(chan struct{})
	go func() {
		defer close(repeated)
		o.campaigns.KeepRepeating(ctx, repeatEvery, o.log)
	}()
	defer func() { <-repeated }()
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		if err := o.accounts.Tidy(ctx); err != nil && ctx.Err() == nil {
			o.log.Warn("what is over could not be forgotten", "error", err)
		}
		if done, err := o.accounts.EraseClosed(ctx); err != nil && ctx.Err() == nil {
			o.log.Warn("closed accounts could not be erased", "error", err)
		} else if len(done.Accounts) > 0 {
			o.log.Info("closed accounts are erased", "accounts", done.Accounts, "rows", done.Rows)
		}
		if _, err := o.contacts.Purge(ctx); err != nil && ctx.Err() == nil {
			o.log.Warn("deleted contacts could not be forgotten", "error", err)
		}
		if _, err := o.campaigns.Tidy(ctx, now()); err != nil && ctx.Err() == nil {
			o.log.Warn("entries of ended walks could not be forgotten", "error", err)
		}
		select {
		case <-ticker.C:
		case err := <-ended:
			if errors.Is(err, context.Canceled) {
				err = nil
			}
			return err
		}
	}
}

// baseURL is how browsers reach a server that listens at an address: at the one that is set, else at this machine. Tracked
// links and one-time links begin with it.
func baseURL(c Config, address string) string {
	if c.BaseURL != "" {
		return c.BaseURL
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://" + address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() { // all addresses, of which none is in the setting
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// listening is the address of a setting with the port that was really taken: 0 takes a free one.
func listening(setting string, taken net.Addr) string {
	host, _, err := net.SplitHostPort(setting)
	_, port, e := net.SplitHostPort(taken.String())
	if err != nil || e != nil {
		return taken.String()
	}
	return net.JoinHostPort(host, port)
}
