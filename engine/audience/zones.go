package audience

import (
	"regexp"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"

	"kaskad/engine/scheme"
)

// Origin says how a contact's zone was found.
type Origin string

// The origins, from the surest.
const (
	OriginOwn     Origin = "own"            // written with the contact
	OriginRegion  Origin = "region"         // the number's country or area has one zone
	OriginPlan    Origin = "numbering_plan" // the Russian numbering plan has the number
	OriginUnknown Origin = "unknown"        // the caller takes the account's zone
)

// Zones finds the time zones of contacts. It is safe for use by many goroutines at once.
type Zones struct {
	plan  *Plan
	names zoneNames
}

// NewZones makes a resolver. plan may be nil: then Russian mobiles, whose numbers do not tell, stay unknown.
func NewZones(plan *Plan) *Zones { return &Zones{plan: plan} }

// Of gives the IANA zone of a contact, empty for OriginUnknown. A zone of its own that is not valid counts as none.
func (z *Zones) Of(contact *scheme.Contact) (string, Origin) {
	if zone, ok := z.names.find(contact.Zone); ok {
		return zone, OriginOwn
	}
	return z.OfPhone(contact.Phone)
}

// OfPhone gives the IANA zone of a number in E.164, empty for OriginUnknown.
//
// The library's table of zones is used only where a number is tied to a place. It gives one zone (of the capital or
// the largest city) to all mobiles of some countries that have several, which would be a guess. For Russian
// landlines it knows the region better than the zone, so the region's zone is taken.
func (z *Zones) OfPhone(e164 string) (string, Origin) {
	if strings.HasPrefix(e164, "+79") && len(e164) == len("+79000000000") {
		return z.planned(e164)
	}
	number, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return "", OriginUnknown
	}
	country := phonenumbers.GetRegionCodeForNumber(number)
	if country == "RU" {
		if place, err := phonenumbers.GetGeocodingForNumber(number, "ru"); err == nil {
			if zone := ZoneOfRegion(place); zone != "" {
				return zone, OriginRegion
			}
		}
		return z.planned(e164)
	}
	if zone, ok := countryZones[country]; ok {
		return zone, OriginRegion
	}
	kind := phonenumbers.GetNumberType(number)
	if kind != phonenumbers.FIXED_LINE && phonenumbers.GetLengthOfGeographicalAreaCode(number) == 0 {
		return "", OriginUnknown
	}
	zones, err := phonenumbers.GetTimezonesForNumber(number)
	if err != nil || len(zones) != 1 {
		return "", OriginUnknown
	}
	if zone, ok := z.names.find(zones[0]); ok {
		return zone, OriginRegion
	}
	return "", OriginUnknown
}

func (z *Zones) planned(e164 string) (string, Origin) {
	if zone := z.plan.Zone(e164); zone != "" {
		return zone, OriginPlan
	}
	return "", OriginUnknown
}

// mskZones are the zones of Russia by their distance from Moscow, as the law on time names them (107-ФЗ, article 5).
var mskZones = map[string]string{
	"-1": "Europe/Kaliningrad", "": "Europe/Moscow", "+0": "Europe/Moscow", "+1": "Europe/Samara", "+2": "Asia/Yekaterinburg",
	"+3": "Asia/Omsk", "+4": "Asia/Krasnoyarsk", "+5": "Asia/Irkutsk", "+6": "Asia/Yakutsk", "+7": "Asia/Vladivostok",
	"+8": "Asia/Magadan", "+9": "Asia/Kamchatka",
}

// zonePattern keeps names of files out that are no zones, and the double trees of some systems (right/, posix/).
var zonePattern = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)

// ParseZone reads a zone as it stands in an address book: an IANA name, or МСК+2. A bare offset such as UTC+3 is
// refused, since clocks change and offsets do not.
func ParseZone(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 64 || s == "" {
		return "", false
	}
	upper := strings.ToUpper(strings.NewReplacer(" ", "", "−", "-", "–", "-").Replace(s))
	for _, moscow := range []string{"МСК", "MSK"} {
		if shift, ok := strings.CutPrefix(upper, moscow); ok {
			zone, ok := mskZones[shift]
			return zone, ok
		}
	}
	if !zonePattern.MatchString(s) || s == "Factory" || strings.HasPrefix(s, "Etc/GMT") && s != "Etc/GMT" {
		return "", false
	}
	if _, err := scheme.LoadZone(s); err != nil {
		return "", false
	}
	return s, true
}

// zoneNames remembers the names that are zones, since looking one up reads a file. There are some hundreds; names that
// are none are not kept, so that a file full of them takes no memory.
type zoneNames struct {
	mu   sync.RWMutex
	seen map[string]string
}

func (n *zoneNames) find(name string) (string, bool) {
	if name == "" {
		return "", false
	}
	n.mu.RLock()
	zone, ok := n.seen[name]
	n.mu.RUnlock()
	if ok {
		return zone, true
	}
	zone, ok = ParseZone(name)
	if !ok || len(name) > 64 {
		return zone, ok
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil {
		n.seen = map[string]string{}
	}
	if len(n.seen) < 2000 {
		n.seen[strings.Clone(name)] = zone
	}
	return zone, true
}
