package v1

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// said is one of huma's own messages: how it is recognised, and the code with the names of what it tells.
type said struct {
	form  *regexp.Regexp
	code  string
	names []string
}

// verb is a blank of huma's messages, after they were quoted for a regular expression.
var verb = regexp.MustCompile(`%[vds]`)

func recognise(format, code string, names ...string) said {
	form := verb.ReplaceAllString(regexp.QuoteMeta(format), "(.*)")
	return said{regexp.MustCompile("(?s)^" + form + "$"), code, names}
}

// humaSays lists huma's messages. A test holds it against the library.
var humaSays = sync.OnceValue(func() []said {
	return []said{
		recognise(validation.MsgUnexpectedProperty, "unknown_field"),
		recognise(validation.MsgExpectedRFC3339DateTime, "want_instant"),
		recognise(validation.MsgExpectedRFC1123DateTime, "want_http_date"),
		recognise(validation.MsgExpectedRFC3339Date, "want_date"),
		recognise(validation.MsgExpectedRFC3339Time, "want_time"),
		recognise(validation.MsgExpectedRFC5322Email, "want_email", "why"),
		recognise(validation.MsgExpectedRFC5890Hostname, "want_host"),
		recognise(validation.MsgExpectedRFC2673IPv4, "want_ip"),
		recognise(validation.MsgExpectedRFC2373IPv6, "want_ip"),
		recognise(validation.MsgExpectedRFCIPAddr, "want_ip"),
		recognise(validation.MsgExpectedRFC3986URI, "want_url", "why"),
		recognise(validation.MsgExpectedRFC4122UUID, "want_uuid", "why"),
		recognise(validation.MsgExpectedRFC6570URITemplate, "want_url"),
		recognise(validation.MsgExpectedRFC6901JSONPointer, "want_pointer"),
		recognise(validation.MsgExpectedRFC6901RelativeJSONPointer, "want_pointer"),
		recognise(validation.MsgExpectedRegexp, "want_regexp", "why"),
		recognise(validation.MsgExpectedMatchAtLeastOneSchema, "want_known_form"),
		recognise(validation.MsgExpectedMatchExactlyOneSchema, "want_known_form"),
		recognise("expected value to match exactly one schema but matched multiple", "want_known_form"),
		recognise(validation.MsgExpectedNotMatchSchema, "want_known_form"),
		recognise(validation.MsgExpectedPropertyNameInObject, "want_known_form"),
		recognise(validation.MsgExpectedBoolean, "want_boolean"),
		recognise(validation.MsgExpectedDuration, "want_duration", "why"),
		recognise(validation.MsgExpectedNumber, "want_number"),
		recognise(validation.MsgExpectedInteger, "want_integer"),
		recognise(validation.MsgExpectedString, "want_string"),
		recognise(validation.MsgExpectedBase64String, "want_base64"),
		recognise(validation.MsgExpectedArray, "want_list"),
		recognise(validation.MsgExpectedObject, "want_object"),
		recognise(validation.MsgExpectedArrayItemsUnique, "not_unique"),
		recognise(validation.MsgExpectedOneOf, "not_one_of", "allowed"),
		recognise(validation.MsgExpectedMinimumNumber, "too_small", "min"),
		recognise(validation.MsgExpectedExclusiveMinimumNumber, "not_above", "min"),
		recognise(validation.MsgExpectedMaximumNumber, "too_big", "max"),
		recognise(validation.MsgExpectedExclusiveMaximumNumber, "not_below", "max"),
		recognise(validation.MsgExpectedNumberBeMultipleOf, "not_multiple", "of"),
		recognise(validation.MsgExpectedMinLength, "too_short", "min"),
		recognise(validation.MsgExpectedMaxLength, "too_long", "max"),
		recognise("expected string to be an id: a string of 1 to 19 digits, as the API gave it", "bad_id"),
		recognise(validation.MsgExpectedMatchPattern, "wrong_pattern", "pattern"),
		recognise(validation.MsgExpectedMinItems, "too_few_items", "min"),
		recognise(validation.MsgExpectedMaxItems, "too_many_items", "max"),
		recognise(validation.MsgExpectedMinProperties, "too_few_fields", "min"),
		recognise(validation.MsgExpectedMaxProperties, "too_many_fields", "max"),
		recognise(validation.MsgExpectedRequiredProperty, "missing_field", "name"),
		recognise(validation.MsgExpectedDependentRequiredProperty, "missing_field_with", "name", "with"),
		recognise(validation.MsgExpectedBePattern, "wrong_pattern", "pattern"),
		recognise("unknown query parameter", "unknown_parameter"),
		recognise("required %s parameter is missing", "missing_parameter", "place"),
		recognise("expected at most one value, but received multiple values", "one_value"),
		recognise("invalid integer", "want_integer"),
		recognise("invalid float", "want_number"),
		recognise("invalid floating value", "want_number"),
		recognise("invalid boolean", "want_boolean"),
		recognise("invalid date/time for format %s", "want_instant", "format"),
		recognise("invalid url.URL value", "want_url"),
		recognise("write only property is non-zero", "unknown_field"),
		recognise("unknown content type: %s", "unknown_content"),
	}
})

// understand makes code and arguments of a message of huma's.
func understand(location, message string) carriedFault {
	// An id in a path is a number to huma.
	id := strings.HasPrefix(location, "path.")
	for _, s := range humaSays() {
		m := s.form.FindStringSubmatch(message)
		if m == nil {
			continue
		}
		c := carriedFault{Code: s.code, Field: location, Args: map[string]any{}}
		if id && (s.code == "want_integer" || s.code == "too_small") {
			c.Code = "bad_id"
		}
		for i, name := range s.names {
			c.Args[name] = m[i+1]
		}
		return c
	}
	return carriedFault{Code: "invalid_value", Field: location, Args: map[string]any{"why": strings.TrimPrefix(message, "invalid value: ")}}
}

// statusCodes are the codes of what concerns a request as a whole.
var statusCodes = map[int]string{
	http.StatusBadRequest: "bad_request", http.StatusRequestTimeout: "slow_request", http.StatusNotAcceptable: "bad_request",
	http.StatusRequestEntityTooLarge: "too_large", http.StatusUnsupportedMediaType: "unknown_content",
	http.StatusUnprocessableEntity: "invalid_request",
}

// tellHuma makes huma tell of its errors in our form. These are huma's global switches, as gin.SetMode is gin's; they are
// set once, to the same for every API of the process.
var tellHuma = sync.OnceFunc(func() {
	huma.NewError = func(int, string, ...error) huma.StatusError { return &Problem{} } // the document asks for its type
	huma.NewErrorWithContext = func(h huma.Context, status int, message string, errs ...error) huma.StatusError {
		if h == nil || callOf(h.Context()) == nil {
			return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: message}
		}
		return callOf(h.Context()).refusal(status, message, errs)
	}
})

// refusal tells what huma found wrong with a request.
func (c *call) refusal(status int, message string, errs []error) *Problem {
	a := c.api
	if status == http.StatusInternalServerError && message == "cannot read request body" {
		status = http.StatusBadRequest // the sender broke off
	}
	code := statusCodes[status]
	if code == "" {
		a.Log.Error("a request failed", "error", message, "errors", errs)
		return a.words.broken(c.language)
	}
	if message == "request body is required" {
		code = "no_body"
	}
	var wrong []Wrong
	for _, err := range errs[:min(len(errs), maxWrongs)] {
		wrong = append(wrong, a.wrongs(c.language, err)...)
	}
	if status == http.StatusBadRequest && len(wrong) > 0 && wrong[0].Code != "bad_json" {
		status = http.StatusUnprocessableEntity // it is JSON, with something in it that cannot be taken
	}
	limit := strings.TrimSuffix(message[strings.LastIndexByte(message, '=')+1:], " bytes")
	p := &Problem{Type: "about:blank", Title: a.words.say(c.language, "status_"+strconv.Itoa(status), nil), Status: status,
		Code: code, Detail: a.words.say(c.language, code, map[string]any{"limit": limit})}
	if p.Errors = wrong; len(wrong) > 0 {
		p.Code, p.Detail = p.Errors[0].Code, p.Errors[0].Message
	}
	return p
}

// maxWrongs bounds how many wrong fields are told of.
const maxWrongs = 50

// wrongs tells of one of huma's errors.
func (a *API) wrongs(language string, err error) []Wrong {
	location, message := "body", err.Error()
	if d, ok := err.(huma.ErrorDetailer); ok {
		location, message = d.ErrorDetail().Location, d.ErrorDetail().Message
	}
	list, ok := arrived(message)
	if !ok {
		list = []carriedFault{understand(location, message)}
	}
	var out []Wrong
	for _, c := range list {
		out = append(out, Wrong{Location: c.Field, Code: c.Code, Message: a.words.tell(language, c.Code, c.Args)})
	}
	return out
}

// tell fills a text in; what a decoder said in both languages is told as it is.
func (w words) tell(language, code string, args map[string]any) string {
	if code == "said" {
		text, _ := args[language].(string)
		return text
	}
	return w.say(language, code, args)
}

// refusedText refuses a path or query that holds what no text may hold.
func refusedText(r *http.Request) error {
	query := r.URL.Query()
	for name, values := range query {
		for _, text := range append([]string{name}, values...) {
			if f := badText(text, "query"); f != nil {
				return f
			}
		}
	}
	if f := badText(r.URL.Path, "path"); f != nil {
		return f
	}
	return nil
}
