package run

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"kaskad/engine/channel"
)

// Linker makes and reads the codes of tracked short links. A code names the message and the number of the link in it,
// so that nothing is stored for a link that nobody follows; 6 bytes of an HMAC keep it from being guessed.
type Linker struct {
	Base   string // address before the code, ending in a slash
	Secret []byte
}

var errCode = errors.New("run: not the code of a link")

const (
	macBytes   = 6
	maxCodeLen = 80
)

// Address is the tracked address of the n-th link of a message.
func (l *Linker) Address(key channel.Key, n int) string {
	b := make([]byte, 0, 40)
	b = binary.AppendUvarint(b, uint64(key.Account))
	b = binary.AppendUvarint(b, uint64(key.Campaign))
	b = binary.AppendUvarint(b, uint64(key.Ordinal))
	b = binary.AppendUvarint(b, uint64(key.Node))
	b = append(b, key.Attempt, byte(n))
	return l.Base + base64.RawURLEncoding.EncodeToString(append(b, l.mac(b)...))
}

func (l *Linker) mac(b []byte) []byte {
	h := hmac.New(sha256.New, l.Secret)
	h.Write(b)
	return h.Sum(nil)[:macBytes]
}

// Read gives the message and the number of the link behind a code.
func (l *Linker) Read(code string) (key channel.Key, n int, err error) {
	if len(code) > maxCodeLen {
		return key, 0, errCode
	}
	b, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil || len(b) < macBytes+6 {
		return key, 0, errCode
	}
	b, mac := b[:len(b)-macBytes], b[len(b)-macBytes:]
	if !hmac.Equal(mac, l.mac(b)) {
		return key, 0, errCode
	}
	for _, into := range []*int64{&key.Account, &key.Campaign, &key.Ordinal} {
		v, size := binary.Uvarint(b)
		if size <= 0 {
			return channel.Key{}, 0, errCode
		}
		*into, b = int64(v), b[size:]
	}
	node, size := binary.Uvarint(b)
	if size <= 0 || len(b) != size+2 {
		return channel.Key{}, 0, errCode
	}
	key.Node, key.Attempt = int16(node), b[size]
	return key, int(b[size+1]), nil
}
