// Command kindnetd is a stand-in for kind's network daemon, whose module no
// proxy serves: it runs from the same manifest under the same image name.
//
// It tells this node's containerd how to connect pods (a CNI configuration from
// the node's share of the pod addresses) and keeps a route to the pods of every
// other node. IPv4 only. It does NOT enforce NetworkPolicies, as the real one does.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

const (
	account = "/var/run/secrets/kubernetes.io/serviceaccount/"
	config  = "/etc/cni/net.d/10-kindnet.conflist"
	retry   = 2 * time.Second
	dial    = 250 * time.Millisecond
	patient = 30 * time.Second
)

type node struct {
	Metadata struct{ Name, ResourceVersion string }
	Spec     struct{ PodCIDR string }
	Status   struct {
		Addresses []struct{ Type, Address string }
	}
}

func (n node) address() string {
	for _, one := range n.Status.Addresses {
		if one.Type == "InternalIP" && net.ParseIP(one.Address).To4() != nil {
			return one.Address
		}
	}
	return ""
}

// daemon knows which node it runs on, and what it did for the others.
type daemon struct {
	client *http.Client
	server string
	host   string
	pods   string // every pod of the cluster
	routes map[string]netlink.Route
}

func main() {
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		log.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	d := &daemon{
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}},
		// kind names it: the Service's address only answers once kube-proxy runs.
		server: os.Getenv("CONTROL_PLANE_ENDPOINT"),
		host:   os.Getenv("HOST_IP"),
		routes: map[string]netlink.Route{},
	}
	if d.server == "" {
		d.server = net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	}
	for _, subnet := range strings.Split(os.Getenv("POD_SUBNET"), ",") {
		if ip, _, err := net.ParseCIDR(subnet); err == nil && ip.To4() != nil {
			d.pods = subnet
		}
	}
	if d.pods == "" {
		log.Fatalf("POD_SUBNET %q holds no IPv4 network: this stand-in knows nothing else", os.Getenv("POD_SUBNET"))
	}
	log.Printf("stand-in for kindnetd on %s: routes only, NetworkPolicies are not enforced", d.host)
	for {
		if err := d.follow(); err != nil && !errors.Is(err, io.EOF) {
			log.Print(err)
			time.Sleep(retry)
		}
	}
}

// follow lists the nodes and then watches them until the server ends the watch.
func (d *daemon) follow() error {
	var all struct {
		Metadata struct{ ResourceVersion string }
		Items    []node
	}
	body, err := d.get("/api/v1/nodes")
	if err != nil {
		return err
	}
	err = json.NewDecoder(body).Decode(&all)
	body.Close()
	if err != nil {
		return fmt.Errorf("the list of nodes: %w", err)
	}
	there := map[string]bool{}
	for _, one := range all.Items {
		there[one.Metadata.Name] = true
		if err := d.learn(one); err != nil {
			return err
		}
	}
	for name := range d.routes {
		if !there[name] {
			d.forget(name)
		}
	}
	body, err = d.get("/api/v1/nodes?watch=1&timeoutSeconds=300&resourceVersion=" + all.Metadata.ResourceVersion)
	if err != nil {
		return err
	}
	defer body.Close()
	for events := json.NewDecoder(body); ; {
		var event struct {
			Type   string
			Object node
		}
		if err := events.Decode(&event); err != nil {
			return err
		}
		switch event.Type {
		case "ADDED", "MODIFIED":
			if err := d.learn(event.Object); err != nil {
				return err
			}
		case "DELETED":
			d.forget(event.Object.Metadata.Name)
		default: // an ERROR: too old to go on from, list again
			return io.EOF
		}
	}
}

func (d *daemon) get(path string) (io.ReadCloser, error) {
	// Read each time: the kubelet renews it.
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodGet, "https://"+d.server+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := d.client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return answer.Body, nil
}

// learn connects the pods of one node: by configuration when it is ours, else by a route.
func (d *daemon) learn(one node) error {
	address := one.address()
	_, pods, err := net.ParseCIDR(one.Spec.PodCIDR)
	if address == "" || err != nil {
		return nil // not registered wholly yet; an event follows
	}
	if address == d.host {
		return d.configure(pods)
	}
	if known, ok := d.routes[one.Metadata.Name]; ok && known.Dst.String() == pods.String() && known.Gw.String() == address {
		return nil
	}
	d.forget(one.Metadata.Name)
	route := netlink.Route{Dst: pods, Gw: net.ParseIP(address)}
	if err := netlink.RouteReplace(&route); err != nil {
		return fmt.Errorf("route to %s through %s: %w", pods, address, err)
	}
	d.routes[one.Metadata.Name] = route
	log.Printf("pods %s of %s are reached through %s", pods, one.Metadata.Name, address)
	return nil
}

func (d *daemon) forget(name string) {
	if route, ok := d.routes[name]; ok {
		if err := netlink.RouteDel(&route); err != nil {
			log.Printf("route to %s: %v", route.Dst, err)
		}
		delete(d.routes, name)
	}
}

// configure writes how this node's pods are connected. Their network is that of all pods, so that
// only what leaves the cluster gets the node's address; the node hands out its own share of it.
func (d *daemon) configure(share *net.IPNet) error {
	mtu, err := d.mtu()
	if err != nil {
		return err
	}
	first, last, gateway := bounds(share)
	type object = map[string]any
	text, err := json.MarshalIndent(object{
		"cniVersion": "0.3.1", "name": "kindnet",
		"plugins": []object{
			{"type": "ptp", "ipMasq": true, "mtu": mtu, "ipam": object{
				"type": "host-local", "dataDir": "/run/cni-ipam-state",
				"routes": []object{{"dst": "0.0.0.0/0"}},
				"ranges": [][]object{{{"subnet": d.pods, "rangeStart": first, "rangeEnd": last, "gateway": gateway}}},
			}},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(config); err == nil && string(old) == string(text) {
		return nil
	}
	awaitServices() // no pod starts before there is a configuration
	// In two steps: containerd reads the folder at any moment.
	if err := os.WriteFile(config+".part", text, 0o644); err != nil {
		return err
	}
	if err := os.Rename(config+".part", config); err != nil {
		return err
	}
	log.Printf("pods of this node get addresses of %s", share)
	return nil
}

// awaitServices returns when this node translates the addresses of Services, or when patience ends. The kernel keeps
// to how it sent the first packet of a connection: a pod that calls before kube-proxy has set that up hears nothing
// until it gives up, after half a minute.
func awaitServices() {
	api := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(dial) {
		if connection, err := net.DialTimeout("tcp", api, dial); err == nil {
			connection.Close()
			return
		}
	}
	log.Printf("the Service %s does not answer on this node: pods start without", api)
}

// bounds returns the first and the last address for pods of a share, and the node's own before them.
func bounds(share *net.IPNet) (first, last, gateway net.IP) {
	at := func(network net.IP, step int) net.IP {
		address := append(net.IP(nil), network.To4()...)
		address[3] += byte(step)
		return address
	}
	end := append(net.IP(nil), share.IP.To4()...)
	for i := range end {
		end[i] |= ^share.Mask[i]
	}
	return at(share.IP, 2), at(end, -1), at(share.IP, 1)
}

// mtu returns that of the link which has this node's address.
func (d *daemon) mtu() (int, error) {
	links, err := net.Interfaces()
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		addresses, err := link.Addrs()
		if err != nil {
			continue // it went while we looked
		}
		for _, address := range addresses {
			if ip, _, err := net.ParseCIDR(address.String()); err == nil && ip.String() == d.host {
				return link.MTU, nil
			}
		}
	}
	return 0, fmt.Errorf("no link of this node has its address %s", d.host)
}
