package access

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
)

const secretBytes = 32

// TokenPrefix begins every API token, so that a token that got out is found by those who search for them.
const TokenPrefix = "kaskad_"

// shownOfToken is how much of a token is kept in the open, to know it by.
const shownOfToken = len(TokenPrefix) + 4

// NewSecret draws a secret of 256 bits, as text.
func NewSecret(random io.Reader) (string, error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("access: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Digest is what is kept of a secret. A secret of 256 random bits needs no slow hash.
func Digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
