package audience

import (
	"strconv"
	"strings"
)

// Headers of stop lists and of lists of members, in the form that squeeze gives them.
var (
	channelHeaders = []string{"канал", "каналсвязи", "channel"}
	reasonHeaders  = []string{"причина", "причинаотписки", "комментарий", "reason", "comment"}
	addressHeaders = []string{"адрес", "address", "контакт", "email", "почта", "mail"}
	emailHeaders   = []string{"email", "еmail", "почта", "электроннаяпочта", "emailадрес", "адресemail", "emailaddress", "mail"}
	idHeaders      = []string{"id", "contactid", "idконтакта", "идентификатор", "contact"}
)

// ProposeStops guesses what the columns of a stop list hold.
func ProposeStops(headers []string, rows [][]string, country string) []Column {
	address := bestOf(headers, phoneHeaders)
	if address < 0 {
		address = bestOf(headers, addressHeaders)
	}
	if address < 0 {
		address = likelyPhone(headers, rows, country)
	}
	if address < 0 && len(headers) == 1 {
		address = 0
	}
	return propose(headers, map[Field]int{FieldPhone: address, FieldChannel: bestOf(headers, channelHeaders),
		FieldReason: bestOf(headers, reasonHeaders)})
}

// ProposeMembers guesses what the columns of a list of members hold.
func ProposeMembers(headers []string, rows [][]string, country string) []Column {
	at := map[Field]int{FieldPhone: bestOf(headers, phoneHeaders), FieldEmail: bestOf(headers, emailHeaders),
		FieldID: bestOf(headers, idHeaders)}
	if at[FieldPhone] < 0 && at[FieldEmail] < 0 && at[FieldID] < 0 {
		at[FieldPhone] = likelyPhone(headers, rows, country)
	}
	return propose(headers, at)
}

func propose(headers []string, at map[Field]int) []Column {
	columns := make([]Column, len(headers))
	for i, header := range headers {
		columns[i] = Column{Header: header, Field: FieldSkip}
		for field, j := range at {
			if i == j {
				columns[i].Field = field
			}
		}
	}
	return columns
}

// cellsOf gives the values of a row by what they are.
func cellsOf(columns []Column, r Record) map[Field]string {
	out := map[Field]string{}
	for i, c := range columns[:min(len(columns), len(r.Cells))] {
		if c.Field != FieldSkip {
			out[c.Field] = r.Cells[i]
		}
	}
	return out
}

func (r Record) refused(code Code, value string) *Refusal {
	return &Refusal{Line: r.Line, Record: r.Cells, Code: code, Value: shorten(value)}
}

// channelNames are what people call the channels, squeezed; names in small Latin letters need no entry.
var channelNames = map[string]string{
	"смс": "sms", "вайбер": "viber", "голос": "voice", "звонок": "voice", "звонки": "voice", "вк": "vk", "вконтакте": "vk",
	"ок": "ok", "одноклассники": "ok", "ватсап": "whatsapp", "вотсап": "whatsapp", "вацап": "whatsapp",
	"все": "", "all": "", "всеканалы": "", "allchannels": "",
}

// StopOf makes an entry of the stop list of a row; or says why it is none. What the row does not say is as in usual.
func StopOf(columns []Column, r Record, country string, usual StopEntry) (StopEntry, *Refusal) {
	if r.Bad != nil {
		return StopEntry{}, r.Bad
	}
	cells, e := cellsOf(columns, r), usual
	e.Address = cells[FieldPhone]
	if e.Address == "" {
		return e, r.refused(NoAddress, "")
	}
	if channel := cells[FieldChannel]; channel != "" {
		named, known := channelNames[squeeze(channel)]
		if !known {
			named = strings.ToLower(channel)
		}
		e.Channel = named
	}
	if reason := cells[FieldReason]; reason != "" {
		e.Reason = reason
	}
	switch code := e.Normalise(country); {
	case code == "":
		return e, nil
	case code == "bad_channel":
		return e, r.refused(WrongChannel, cells[FieldChannel])
	case strings.HasPrefix(code, "phone_") && Code(code[6:]) != NotANumber:
		return e, r.refused(Code(code[6:]), e.Address)
	}
	return e, r.refused(WrongAddress, e.Address)
}

// Sought says which contact is meant: by its id, else its phone, else its e-mail.
type Sought struct {
	ID    int64  `json:"id,omitempty,string"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
}

// MemberOf makes a member of a row; or says why it is none.
func MemberOf(columns []Column, r Record, country string) (Sought, *Refusal) {
	if r.Bad != nil {
		return Sought{}, r.Bad
	}
	cells := cellsOf(columns, r)
	if id := cells[FieldID]; id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n <= 0 {
			return Sought{}, r.refused(UnknownContact, id)
		}
		return Sought{ID: n}, nil
	}
	if cell := cells[FieldPhone]; cell != "" {
		phone, _, why := firstPhone(cell, country)
		if why != "" {
			return Sought{}, r.refused(why, cell)
		}
		return Sought{Phone: phone}, nil
	}
	email := cells[FieldEmail]
	if email == "" {
		return Sought{}, r.refused(NoAddress, "")
	}
	if address, ok := parseEmail(email); ok {
		return Sought{Email: address}, nil
	}
	return Sought{}, r.refused(WrongAddress, email)
}

// Unknown is the refusal of a member whom nobody has.
func Unknown(r Record) *Refusal { return r.refused(UnknownContact, "") }
