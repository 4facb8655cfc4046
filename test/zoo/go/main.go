// The zoo's programs in Go: `zoo sdk-client INPUT`, `zoo mcp-go-client INPUT`, `zoo server stdio`, `zoo server http|sse PORT`.
package main

import (
	"log"
	"os"
)

func main() {
	log.SetOutput(os.Stderr)
	switch os.Args[1] {
	case "sdk-client":
		run(connectSDK)
	case "mcp-go-client":
		run(connectMCPGo)
	case "server":
		serve(os.Args[2:])
	default:
		log.Fatalf("unknown program %q", os.Args[1])
	}
}
