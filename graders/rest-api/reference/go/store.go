package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"reflect"
	"sort"
	"sync"
	"time"
)

var (
	errUnknownOrder = refuse(404, "not-found", "no such order")
	errKeyReused    = errors.New("the idempotency key stands for another request")
)

// Store keeps orders in memory. Every write happens under one lock, so whatever a change looks at
// before it decides (a status, a version, an idempotency key) still holds when it is stored.
type Store struct {
	mu            sync.RWMutex
	orders        map[string]Order
	idsOfAccount  map[string][]string
	firstRequests map[accountKey]firstRequest
	lastInstant   time.Time
}

type accountKey struct{ account, key string }

type firstRequest struct {
	body    any
	orderID string
}

func NewStore() *Store {
	return &Store{
		orders:        map[string]Order{},
		idsOfAccount:  map[string][]string{},
		firstRequests: map[accountKey]firstRequest{},
	}
}

func (s *Store) Create(draft Draft) Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.insert(draft)
}

// CreateOnce returns the order that body made when key was first seen, or a new one if it never was.
//
// Looking the key up and inserting are one step: of two simultaneous requests the second waits here
// and then finds the first one's order.
func (s *Store) CreateOnce(draft Draft, key string, body any) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := accountKey{draft.AccountID, key}
	if first, seen := s.firstRequests[slot]; seen {
		if !reflect.DeepEqual(first.body, body) {
			return Order{}, errKeyReused
		}
		return s.orders[first.orderID], nil
	}
	order := s.insert(draft)
	s.firstRequests[slot] = firstRequest{body, order.ID}
	return order, nil
}

func (s *Store) Get(id string) (Order, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	order, found := s.orders[id]
	if !found {
		return Order{}, errUnknownOrder
	}
	return order, nil
}

// Change stores what decide makes of the current version; an error changes nothing.
func (s *Store) Change(id string, decide func(Order) (Order, error)) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, found := s.orders[id]
	if !found {
		return Order{}, errUnknownOrder
	}
	after, err := decide(before)
	if err != nil || after == before {
		return before, err
	}
	after.Version++
	s.orders[id] = after
	return after, nil
}

// Page returns orders by position, and how many there are in all.
func (s *Store) Page(account string, page, size int) ([]Order, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids := s.idsOfAccount[account]
	if page-1 > len(ids)/size { // also keeps the product below from overflowing
		return nil, len(ids)
	}
	start := min((page-1)*size, len(ids))
	return s.collect(ids[start:min(start+size, len(ids))]), len(ids)
}

// After returns orders behind a place in the list, and whether there are more. A place, unlike a
// position, still means the same when orders were added or cancelled meanwhile.
func (s *Store) After(account string, last place, size int) ([]Order, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids := s.idsOfAccount[account]
	start := sort.Search(len(ids), func(i int) bool {
		return last.isBefore(placeOf(s.orders[ids[i]]))
	})
	end := min(start+size, len(ids))
	return s.collect(ids[start:end]), end < len(ids)
}

func (s *Store) collect(ids []string) []Order {
	found := make([]Order, len(ids))
	for i, id := range ids {
		found[i] = s.orders[id]
	}
	return found
}

func (s *Store) insert(draft Draft) Order {
	order := Order{Draft: draft, ID: newID(), Status: New, CreatedAt: s.nextInstant(), Version: 1}
	s.orders[order.ID] = order
	// Instants rise strictly, so appending keeps each list in the order (created_at, id).
	s.idsOfAccount[draft.AccountID] = append(s.idsOfAccount[draft.AccountID], order.ID)
	return order
}

// nextInstant is now, but later than every instant given before: clocks step back and have a resolution.
func (s *Store) nextInstant() string {
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(s.lastInstant) {
		now = s.lastInstant.Add(time.Microsecond)
	}
	s.lastInstant = now
	return now.Format("2006-01-02T15:04:05.000000Z")
}

func newID() string {
	var id [10]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic(err) // a system without randomness cannot be served from
	}
	return hex.EncodeToString(id[:])
}
