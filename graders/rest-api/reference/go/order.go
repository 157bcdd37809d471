package main

import (
	"fmt"
	"slices"
)

// Status is where an order is in its life. Its text is v2's.
type Status string

const (
	New             Status = "new"
	Accepted        Status = "accepted"
	PartiallyFilled Status = "partially_filled"
	Filled          Status = "filled"
	Cancelled       Status = "cancelled"
	Rejected        Status = "rejected"
	Expired         Status = "expired"
)

// transitions says which status may follow which. One that nothing follows is terminal.
var transitions = map[Status][]Status{
	New:             {Accepted, Rejected, Cancelled, Expired},
	Accepted:        {PartiallyFilled, Filled, Cancelled, Expired, Rejected},
	PartiallyFilled: {PartiallyFilled, Filled, Cancelled, Expired},
	Filled:          {},
	Cancelled:       {},
	Rejected:        {},
	Expired:         {},
}

func (s Status) isKnown() bool    { _, known := transitions[s]; return known }
func (s Status) isTerminal() bool { return len(transitions[s]) == 0 }

// Draft is what a client decides about an order; the store decides the rest. Decimals are kept as
// the text the client sent: nothing can drift.
type Draft struct {
	AccountID     string
	Symbol        string
	Side          string // buy, sell
	Quantity      string
	Price         string
	TimeInForce   string
	ClientOrderID *string // nil: not given, which is not the same as ""
}

// Order is one version of an order. It is handed around by value and a change makes a new one, so
// that nobody sees half a change.
type Order struct {
	Draft
	ID        string
	Status    Status
	CreatedAt string
	Version   int
}

// movedTo is the order in its next status, or a refusal.
func (o Order) movedTo(next Status) (Order, error) {
	if !slices.Contains(transitions[o.Status], next) {
		return o, refuse(409, "illegal-transition", fmt.Sprintf("an order that is %s cannot become %s", o.Status, next))
	}
	o.Status = next
	return o, nil
}
