package files

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"kaskad/engine/ids"
)

// Addresses makes and reads the public addresses of files, by which providers fetch them without signing in. An address
// names the account and a mark of the file's name, so that it is made without looking anything up; 12 bytes of an HMAC
// keep it from being guessed. It is safe for use by many goroutines.
type Addresses struct {
	Base   string // before the token, ending in a slash
	Secret []byte
}

// ErrToken is the error of what is not the token of a file.
var ErrToken = errors.New("files: not the token of a file")

const (
	markBytes = 12
	macBytes  = 12
	maxToken  = 48 // characters
)

// Mark stands for a name in an address.
func Mark(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:markBytes]
}

// Of is the address of the file of a name, whether there is one or not.
func (a *Addresses) Of(account ids.ID, name string) string {
	b := append(binary.AppendUvarint(make([]byte, 0, 40), uint64(account)), Mark(name)...)
	return a.Base + base64.RawURLEncoding.EncodeToString(append(b, a.mac(b)...))
}

// mac is of another family than those of tracked links, which may have the same secret.
func (a *Addresses) mac(b []byte) []byte {
	h := hmac.New(sha256.New, a.Secret)
	h.Write([]byte("file\x00"))
	h.Write(b)
	return h.Sum(nil)[:macBytes]
}

// Read gives the account and the mark of a token.
func (a *Addresses) Read(token string) (account ids.ID, mark []byte, err error) {
	if len(token) > maxToken {
		return 0, nil, ErrToken
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 1+markBytes+macBytes {
		return 0, nil, ErrToken
	}
	b, mac := b[:len(b)-macBytes], b[len(b)-macBytes:]
	if !hmac.Equal(mac, a.mac(b)) {
		return 0, nil, ErrToken
	}
	v, size := binary.Uvarint(b)
	if size <= 0 || len(b) != size+markBytes || v == 0 || v > 1<<63-1 {
		return 0, nil, ErrToken
	}
	return ids.ID(v), b[size:], nil
}
