require "json"
require "net/http"
require "openssl"

base, listing = ARGV
uri = URI(base)
http = Net::HTTP.new(uri.host, uri.port)
http.use_ssl = uri.scheme == "https"
http.start do
  JSON.parse(File.read(listing)).each do |e|
    request = Net::HTTP::Post.new(e["path"], e["headers"])
    request.body = e["body"]
    http.request(request) do |reply|
      puts "#{reply.code} #{reply["Content-Type"]}"
      text = +""
      reply.read_body { |piece| text << piece }
      puts text
    end
  end
end
