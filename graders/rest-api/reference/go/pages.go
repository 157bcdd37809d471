package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// place is where in an account's list an order stands: lists ascend by (created_at, id).
type place struct{ createdAt, id string }

func placeOf(o Order) place { return place{o.CreatedAt, o.ID} }

func (p place) isBefore(other place) bool {
	if p.createdAt != other.createdAt {
		return p.createdAt < other.createdAt
	}
	return p.id < other.id
}

// pageTokens says where a page ended. A token is sealed with a key of this process, so that one that
// is made up, altered or taken from another account's walk is told from ours, and nobody builds on
// what is inside.
type pageTokens struct{ key []byte }

func newPageTokens() pageTokens {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		panic(err) // a system without randomness cannot be served from
	}
	return pageTokens{key}
}

func (t pageTokens) write(account string, last place) string {
	content := last.createdAt + " " + last.id
	return base64.RawURLEncoding.EncodeToString(append(t.seal(account, content), content...))
}

func (t pageTokens) read(token, account string) (place, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < sha256.Size {
		return place{}, errBadToken
	}
	seal, content := raw[:sha256.Size], string(raw[sha256.Size:])
	if !hmac.Equal(seal, t.seal(account, content)) {
		return place{}, errBadToken
	}
	createdAt, id, _ := strings.Cut(content, " ")
	return place{createdAt, id}, nil
}

func (t pageTokens) seal(account, content string) []byte {
	mac := hmac.New(sha256.New, t.key)
	// The account id has a fixed length, so the two parts cannot be cut differently.
	mac.Write([]byte(account + content))
	return mac.Sum(nil)
}

var errBadToken = refuse(400, "bad-page-token", "this page_token was not given for this list")
