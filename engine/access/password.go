package access

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"kaskad/engine/fault"
)

// The length of a password in characters.
const (
	minPassword = 10
	maxPassword = 200
)

// waiting is how many may wait for each that is looked at.
const waiting = 8

// Passwords hashes and checks passwords. That is made to be slow and to take much memory, so only a few are worked on at
// once, some wait, and the others are sent away. It is safe for use by many goroutines.
type Passwords struct {
	params argon2id.Params
	places chan struct{} // at work
	queue  chan struct{} // at work or waiting
	nobody string        // the hash of no password, looked at where there is no user
}

// NewPasswords makes one for so many at once; params say how slow it is.
func NewPasswords(params argon2id.Params, atOnce int) (*Passwords, error) {
	atOnce = max(atOnce, 1)
	nobody, err := argon2id.CreateHash("", &params)
	if err != nil {
		return nil, err
	}
	return &Passwords{params: params, nobody: nobody, places: make(chan struct{}, atOnce),
		queue: make(chan struct{}, atOnce*(1+waiting))}, nil
}

// Check tells whether a password is the one of a hash. An empty hash takes as long as any and is nobody's.
func (p *Passwords) Check(ctx context.Context, password, hash string) (bool, error) {
	nobody := hash == ""
	if nobody {
		hash = p.nobody
	}
	if utf8.RuneCountInString(password) > maxPassword {
		password, nobody = "", true
	}
	same := false
	err := p.alone(ctx, func() (err error) {
		same, err = argon2id.ComparePasswordAndHash(norm.NFKC.String(password), hash)
		return err
	})
	return same && !nobody, err
}

// Hash makes the hash of a new password that fits.
func (p *Passwords) Hash(ctx context.Context, password, email, field string) (hash string, err error) {
	if err := checkPassword(password, email, field); err != nil {
		return "", err
	}
	err = p.alone(ctx, func() (err error) {
		hash, err = argon2id.CreateHash(norm.NFKC.String(password), &p.params)
		return err
	})
	return hash, err
}

// checkPassword refuses what is guessed first.
func checkPassword(password, email, field string) error {
	n := utf8.RuneCountInString(password)
	different := map[rune]bool{}
	for _, r := range password {
		different[unicode.ToLower(r)] = true
	}
	local, _, _ := strings.Cut(email, "@")
	switch {
	case n < minPassword || n > maxPassword || !utf8.ValidString(password):
		return fault.New(fault.Invalid, "password_length", field, "min", minPassword, "max", maxPassword)
	case len(different) < 4, strings.EqualFold(password, email), strings.EqualFold(password, local):
		return fault.New(fault.Invalid, "password_easy", field)
	}
	return nil
}

// alone does a piece of work when there is a place for it.
func (p *Passwords) alone(ctx context.Context, work func() error) error {
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		return &fault.Error{Kind: fault.TooMany, Code: "sign_in_busy", After: 5}
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return work()
}
