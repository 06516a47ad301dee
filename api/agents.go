package api

import (
	"net/http"
	"strings"
)

// previewPrefixes begin the User-Agent of messengers' and tools' own requests. People's browsers inside the same apps
// begin with Mozilla.
var previewPrefixes = [...]string{
	"whatsapp/", "viber/", "viber ", "telegrambot", "facebookexternalhit", "facebookcatalog", "facebot", "meta-externalagent",
	"meta-externalfetcher", "vkshare", "vkrobot", "okhttp/", "slackbot", "slack-imgproxy", "signal", "line-poker", "kakaotalk-scrap",
	"curl/", "wget/", "go-http-client/", "python-", "java/", "apache-httpclient/", "node-fetch", "axios/", "libwww-perl",
}

// previewNames stand somewhere in the User-Agent of fetchers that pretend to be browsers. Not a bare "bot": there are
// phones of that name.
var previewNames = [...]string{
	"vkshare", "odklbot", "mail.ru_bot", "twitterbot", "telegrambot", "discordbot", "linkedinbot", "skypeuripreview", "bingpreview",
	"googlebot", "google-safety", "google-inspectiontool", "adsbot-google", "bingbot", "yandexbot", "yandex.com/bots", "applebot", "duckduckbot",
	"baiduspider", "petalbot", "semrushbot", "ahrefsbot", "mj12bot", "pinterestbot", "redditbot", "embedly", "iframely",
	"facebookexternalhit", "microsoft office", "ms-office", "barracuda", "proofpoint", "headlesschrome", "crawler", "spider",
}

const maxAgent = 512 // bytes of a User-Agent that are looked at

// isMachine tells whether a visit is no person's: a question about headers only, a look ahead, or a fetcher of previews.
func isMachine(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return true
	}
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		value := strings.ToLower(r.Header.Get(name))
		if strings.Contains(value, "prefetch") || strings.Contains(value, "preview") || strings.Contains(value, "prerender") {
			return true
		}
	}
	agent := r.Header.Get("User-Agent")
	agent = strings.ToLower(agent[:min(len(agent), maxAgent)])
	if agent == "" {
		return true
	}
	for _, prefix := range previewPrefixes {
		if strings.HasPrefix(agent, prefix) {
			return true
		}
	}
	for _, name := range previewNames {
		if strings.Contains(agent, name) {
			return true
		}
	}
	return false
}
