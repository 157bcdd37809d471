package main

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// Order is kept once; each version is a view of it. It is a value: who got one sees no later change.
type Order struct {
	ID        string
	AccountID string
	Symbol    string
	Side      string // "buy" or "sell"
	// TODO(rest-api.1): keep exact decimals. v2 sends "1234567890.12345678", which no float64 can hold.
	Quantity  int64
	Price     float64
	Status    string
	CreatedAt time.Time
}

// Store holds all orders of all accounts in memory. It is safe for concurrent use.
type Store struct {
	mu        sync.RWMutex
	orders    map[string]Order
	byAccount map[string][]string
}

// Add keeps a new order and gives it its id, status and time.
func (s *Store) Add(order Order) Order {
	id := make([]byte, 12)
	if _, err := rand.Read(id); err != nil {
		panic(err) // without randomness ids would repeat
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	order.ID = hex.EncodeToString(id)
	order.Status = "new"
	order.CreatedAt = time.Now().UTC().Truncate(time.Microsecond) // as precise as it is shown
	s.orders[order.ID] = order
	s.byAccount[order.AccountID] = append(s.byAccount[order.AccountID], order.ID)
	return order
}

// Get finds an order by its id.
func (s *Store) Get(id string) (Order, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	order, found := s.orders[id]
	return order, found
}

// OfAccount lists the account's orders, ascending by (created_at, id).
func (s *Store) OfAccount(accountID string) []Order {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []Order
	for _, id := range s.byAccount[accountID] {
		found = append(found, s.orders[id])
	}
	slices.SortFunc(found, func(a, b Order) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return found
}
