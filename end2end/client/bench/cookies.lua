-- Asks with one line of the file $COOKIES after the other.

local requests, last = {}, 0

function init()
  for line in io.lines(os.getenv("COOKIES")) do
    requests[#requests + 1] = wrk.format("GET", nil, { Cookie = line })
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end
