package audience

import (
	"encoding/binary"
	"errors"
)

// planFormat is the first byte of a packed plan.
const planFormat = 1

var errPlan = errors.New("audience: these bytes are no packed numbering plan")

// MarshalBinary packs the plan: the zones, then for each code its ranges, numbers as varints and each as the distance
// from the one before.
func (p *Plan) MarshalBinary() ([]byte, error) {
	b := []byte{planFormat}
	b = binary.AppendUvarint(b, uint64(len(p.zones)))
	for _, zone := range p.zones {
		b = binary.AppendUvarint(b, uint64(len(zone)))
		b = append(b, zone...)
	}
	for _, spans := range p.codes {
		b = binary.AppendUvarint(b, uint64(len(spans)))
		last := uint32(0)
		for _, s := range spans {
			b = binary.AppendUvarint(b, uint64(s.from-last))
			b = binary.AppendUvarint(b, uint64(s.to-s.from))
			b = binary.AppendUvarint(b, uint64(s.zone))
			last = s.to
		}
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (p *Plan) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != planFormat {
		return errPlan
	}
	r := unpacker{rest: b[1:]}
	var plan Plan
	for range r.number(1 << 16) {
		plan.zones = append(plan.zones, string(r.bytes(int(r.number(64)))))
	}
	for code := range plan.codes {
		n := r.number(uint64(len(r.rest)))
		if n == 0 {
			continue
		}
		spans := make([]span, 0, n)
		last := uint64(0)
		for range n {
			from := last + r.number(9_999_999)
			to := from + r.number(9_999_999)
			zone := r.number(1 << 16)
			if to > 9_999_999 || zone >= uint64(len(plan.zones)) {
				return errPlan
			}
			spans = append(spans, span{uint32(from), uint32(to), uint32(zone)})
			last = to
		}
		plan.codes[code] = spans
	}
	if r.bad || len(r.rest) > 0 {
		return errPlan
	}
	*p = plan
	return nil
}

type unpacker struct {
	rest []byte
	bad  bool
}

// number reads a varint of at most so much.
func (u *unpacker) number(most uint64) uint64 {
	n, size := binary.Uvarint(u.rest)
	if size <= 0 || n > most {
		u.bad, u.rest = true, nil
		return 0
	}
	u.rest = u.rest[size:]
	return n
}

func (u *unpacker) bytes(n int) []byte {
	if n > len(u.rest) {
		u.bad, u.rest = true, nil
		return nil
	}
	b := u.rest[:n]
	u.rest = u.rest[n:]
	return b
}
