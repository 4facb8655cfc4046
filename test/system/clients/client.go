// Sends requests with net/http; prints kind, status and body of each response.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

const large = 16 << 20
const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// A reader whose length net/http does not know, so that it sends chunks.
type unknownLength struct{ io.Reader }

func main() {
	json := "application/json"
	post("served", strings.NewReader(ping), json, "")
	post("served again", strings.NewReader(ping), json, "")
	post("charset", strings.NewReader(ping), "application/json; charset=UTF8", "")
	for round := 0; round < 3; round++ {
		post("large", bytes.NewReader(make([]byte, large)), json, "")
		post("chunked", unknownLength{bytes.NewReader(make([]byte, large))}, json, "")
		post("headers", strings.NewReader(ping), json, strings.Repeat("x", 20000))
	}
	post("after all", strings.NewReader(ping), json, "")
}

func post(kind string, body io.Reader, contentType, padding string) {
	request, err := http.NewRequest("POST", os.Args[1], body)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("X-Padding", padding)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Printf("%s\t0\t%s\n", kind, err)
		return
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		fmt.Printf("%s\t0\t%s\n", kind, err)
		return
	}
	fmt.Printf("%s\t%d\t%s\n", kind, response.StatusCode, text)
}
