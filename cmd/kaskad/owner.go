package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"kaskad/api/v1"
	"kaskad/engine/access"
	problem "kaskad/engine/fault"
	identity "kaskad/engine/ids"
	"kaskad/engine/store/accounts"
	catalogue "kaskad/engine/words"
)

// welcome makes the first account's owner where the installation has no user, and as long as nobody has set a password it
// prints a link by which the owner does. The link goes to the terminal alone, never into a log.
func (o *office) welcome(ctx context.Context, t terminal, c Config, base string) error {
	there, err := o.accounts.AnyUser(ctx)
	if err != nil {
		return err
	}
	if !there {
		if closed, err := o.accounts.Closed(ctx, defaultAccount); err != nil || closed { // its users went with it
			return err
		}
		_, err := o.accounts.CreateUser(ctx, access.System(defaultAccount), accounts.NewUser{Account: defaultAccount,
			Role: access.Owner, Email: c.OwnerEmail, Language: string(t.lang), Zone: c.AccountZone.String()})
		if known := new(problem.Error); err != nil && !(errors.As(err, &known) && known.Kind == problem.Conflict) { // another process was first
			return err
		}
	}
	user, email, err := o.accounts.FirstOwner(ctx)
	if err != nil || user == 0 {
		return err
	}
	link, err := o.link(ctx, user, base)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\n%s\n\n  %s\n\n", t.say("owner.welcome", "email", email), link)
	return nil
}

// link makes a one-time link by which a user sets a password.
func (o *office) link(ctx context.Context, user identity.ID, base string) (string, error) {
	code, digest, expires, err := o.door.NewLink()
	if err != nil {
		return "", err
	}
	return base + "/sign-in?code=" + url.QueryEscape(code), o.accounts.MakeReset(ctx, user, digest, expires)
}

// userCommand is kaskad user reset EMAIL.
func userCommand(ctx context.Context, t terminal, args []string) int {
	c, ok := configure(t, args, (&launch{}).pick("lang")...)
	if !ok {
		return exitBadCall
	}
	if len(c.Args) != 2 || c.Args[0] != "reset" {
		return t.refuseUsage("user")
	}
	return t.inOffice(ctx, c, func(o *office) error {
		email, err := access.Email(c.Args[1], "")
		if err != nil {
			return err
		}
		known, err := o.accounts.CredentialOf(ctx, email)
		if err != nil {
			return err
		}
		link, err := o.link(ctx, known.User, baseURL(c, c.Listen))
		if err == nil {
			fmt.Fprintf(t.out, "%s\n\n  %s\n\n", t.say("owner.link", "email", email), link)
		}
		return err
	})
}

// accountCommand is kaskad account add NAME --owner EMAIL, and kaskad account reopen NAME.
func accountCommand(ctx context.Context, t terminal, args []string) int {
	owner := ""
	c, ok := configure(t, args, append((&launch{}).pick("lang"), ownerFlag(&owner))...)
	if !ok {
		return exitBadCall
	}
	switch {
	case len(c.Args) == 2 && c.Args[0] == "add" && owner != "":
		return t.addAccount(ctx, c, owner)
	case len(c.Args) == 2 && c.Args[0] == "reopen" && owner == "":
		return t.inOffice(ctx, c, func(o *office) error {
			id, err := o.accounts.Reopen(ctx, c.Args[1])
			if err == nil {
				fmt.Fprintln(t.out, t.say("account.reopened", "id", id))
			}
			return err
		})
	}
	return t.refuseUsage("account")
}

// addAccount makes an account and its owner.
func (t terminal) addAccount(ctx context.Context, c Config, owner string) int {
	return t.inOffice(ctx, c, func(o *office) error {
		a := access.Account{ID: o.newID(), Name: c.Args[1], Zone: c.AccountZone.String(), Country: "RU", Language: string(t.lang)}
		user, err := o.accounts.AddAccount(ctx, a, owner)
		if err != nil {
			return err
		}
		fmt.Fprintln(t.out, t.say("account.added", "name", a.Name, "id", a.ID, "email", owner))
		known, err := o.accounts.CredentialOfUser(ctx, user)
		if err != nil || known.Hash != "" {
			return err
		}
		link, err := o.link(ctx, user, baseURL(c, c.Listen))
		if err == nil {
			fmt.Fprintf(t.out, "%s\n\n  %s\n\n", t.say("owner.link", "email", owner), link)
		}
		return err
	})
}

// mustBeOpen refuses an account that is closed.
func (d *database) mustBeOpen(ctx context.Context, account int64) error {
	s, err := accounts.New(d.Desk(), time.Now, nil)
	if err != nil {
		return err
	}
	closed, err := s.Closed(ctx, identity.ID(account))
	if err == nil && closed {
		err = inWords(problem.New(problem.Conflict, "account_closed", ""))
	}
	return err
}

// ownerFlag is the flag that names an account's owner.
func ownerFlag(email *string) setting {
	return setting{flag: "owner", example: "EMAIL", help: "flag.owner", set: func(_ *Config, v string) (err error) {
		*email, err = emailOf(v)
		return err
	}}
}

// emailOf reads an address; what is wrong with it is said in the words of calls.
func emailOf(text string) (string, error) {
	email, err := access.Email(text, "")
	if err != nil {
		return "", fault("config.email")
	}
	return email, nil
}

// inOffice opens the database for one command.
func (t terminal) inOffice(ctx context.Context, c Config, do func(o *office) error) int {
	log := logger(c, t)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return t.refuse(err)
	}
	defer d.close()
	if _, err := ensureAccount(ctx, d, c); err != nil {
		return t.refuse(err)
	}
	o, err := openOffice(ctx, d, 1, log)
	if err != nil {
		return t.refuse(err)
	}
	defer o.close()
	if err := do(o); err != nil {
		return t.refuse(inWords(err))
	}
	return exitOK
}

// inWords gives a fault the words that the interface has for it.
func inWords(err error) error {
	if f := new(problem.Error); errors.As(err, &f) {
		return &catalogue.Error{Message: catalogue.Text{EN: v1.Explain("en", f), RU: v1.Explain("ru", f)}.With()}
	}
	return err
}
