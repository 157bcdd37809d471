package main

import "math/big"

// Position of an account in an instrument. Values are never changed, only replaced.
type Position struct {
	Qty, AvgPrice, RealizedPnL *big.Rat
	LastSeq                    int64
}

func flat() Position {
	return Position{new(big.Rat), new(big.Rat), new(big.Rat), 0}
}

// after is the position once the event is applied, by average cost. The short side mirrors the long one:
// direction is all that differs.
func (p Position) after(e *Event) Position {
	n, price := exact(e.Data.Quantity), exact(e.Data.Price)
	direction := big.NewRat(1, 1)
	if e.Data.Side == "sell" {
		direction.Neg(direction)
	}
	held := new(big.Rat).Abs(p.Qty)
	next := Position{add(p.Qty, mul(direction, n)), p.AvgPrice, p.RealizedPnL, max(p.LastSeq, e.AccountSeq)}

	if p.Qty.Sign()*direction.Sign() >= 0 { // flat, or more of the same
		cost := add(mul(held, p.AvgPrice), mul(n, price))
		next.AvgPrice = roundEven(cost.Quo(cost, add(held, n)))
		return next
	}
	closed := n
	if n.Cmp(held) > 0 { // past zero a new position begins, at the price that opened it
		closed, next.AvgPrice = held, price
	}
	gain := mul(direction, new(big.Rat).Sub(p.AvgPrice, price))
	next.RealizedPnL = add(p.RealizedPnL, mul(gain, closed))
	return next
}

func add(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }
func mul(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

var eightPlaces = big.NewInt(100_000_000)

// roundEven rounds a value that is not negative to 8 places, half to even.
func roundEven(x *big.Rat) *big.Rat {
	scaled := new(big.Int).Mul(x.Num(), eightPlaces)
	whole, rest := new(big.Int).QuoRem(scaled, x.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(x.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, eightPlaces)
}

// written is the value in full: a product of two decimals of the contract has at most 16 places.
func written(x *big.Rat) string { return x.FloatString(16) }
