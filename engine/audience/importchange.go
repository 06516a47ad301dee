package audience

import "kaskad/engine/ids"

// ImportChange is what changes in the settings of a draft; nil stays.
type ImportChange struct {
	Encoding     *string        `json:"encoding,omitempty" enum:"utf-8,windows-1251,utf-16le,utf-16be,koi8-r,ibm866"`
	Separator    *string        `json:"separator,omitempty" minLength:"1" maxLength:"1"`
	Sheet        *string        `json:"sheet,omitempty" maxLength:"255"`
	Header       *bool          `json:"header,omitempty"`
	Country      *string        `json:"country,omitempty" minLength:"2" maxLength:"2"`
	Columns      *[]Column      `json:"columns,omitempty" maxItems:"500" doc:"All columns, in the file's order. Where the encoding, the separator, the sheet or the header change and no columns are sent, they are proposed anew."`
	Doubles      *DoubleRule    `json:"doubles,omitempty" enum:"first,last,merge"`
	Existing     *ExistingRule  `json:"existing,omitempty" enum:"keep,merge,fill,replace"`
	WithoutPhone *bool          `json:"without_phone,omitempty"`
	Groups       *[]ids.ID      `json:"groups,omitempty" maxItems:"100"`
	Tags         *[]string      `json:"tags,omitempty" maxItems:"100"`
	Source       *string        `json:"source,omitempty" maxLength:"200"`
	Consent      *ImportConsent `json:"consent,omitempty"`
	NoConsent    bool           `json:"no_consent,omitempty" doc:"Take the consent off."`
	Channel      *string        `json:"channel,omitempty" maxLength:"32"`
	Reason       *string        `json:"reason,omitempty" maxLength:"500"`
}

// Apply changes settings, and tells whether the columns are to be proposed anew.
func (c *ImportChange) Apply(s *ImportSettings) (otherwise bool) {
	for _, f := range []struct {
		to   *string
		from *string
		read bool
	}{{&s.Encoding, c.Encoding, true}, {&s.Separator, c.Separator, true}, {&s.Sheet, c.Sheet, true}, {&s.Country, c.Country, false},
		{&s.Source, c.Source, false}, {&s.Channel, c.Channel, false}, {&s.Reason, c.Reason, false}} {
		if f.from != nil && *f.from != *f.to {
			*f.to, otherwise = *f.from, otherwise || f.read
		}
	}
	if c.Header != nil && *c.Header != s.Header {
		s.Header, otherwise = *c.Header, true
	}
	set(&s.Doubles, c.Doubles)
	set(&s.Existing, c.Existing)
	set(&s.WithoutPhone, c.WithoutPhone)
	set(&s.Groups, c.Groups)
	set(&s.Tags, c.Tags)
	set(&s.Columns, c.Columns)
	if c.Consent != nil {
		s.Consent = c.Consent
	}
	if c.NoConsent {
		s.Consent = nil
	}
	return otherwise && c.Columns == nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
